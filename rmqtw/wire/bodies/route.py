"""Where the queues of a topic are, and which brokers there are."""

from __future__ import annotations

from rmqtw.wire.bodies.base import Body
from rmqtw.wire.bodies.topics import TopicQueueMappingInfo

MASTER_ID = 0
"""The broker id of a master; slaves have others."""


class QueueData(Body):
    """Queues of a topic on the brokers of one name. Java: `QueueData`."""

    broker_name: str = ""
    read_queue_nums: int = 0
    write_queue_nums: int = 0
    perm: int = 0
    topic_sys_flag: int = 0


class BrokerData(Body):
    """Addresses of the brokers of one name, by broker id; 0 is the master. Java: `BrokerData`."""

    cluster: str = ""
    broker_name: str = ""
    broker_addrs: dict[int, str] = {}
    zone_name: str | None = None
    enable_acting_master: bool = False


class TopicRouteData(Body):
    """Route of a topic: GET_ROUTEINFO_BY_TOPIC. Java: `TopicRouteData`.

    Broker ids are always quoted, which every client reads; Java leaves the quotes out for clients
    below 4.9.4.
    """

    queue_datas: list[QueueData] = []
    broker_datas: list[BrokerData] = []
    order_topic_conf: str | None = None
    filter_server_table: dict[str, list[str]] = {}
    topic_queue_mapping_by_broker: dict[str, TopicQueueMappingInfo] | None = None


class ClusterInfo(Body):
    """All brokers: GET_BROKER_CLUSTER_INFO. Java: `ClusterInfo`."""

    broker_addr_table: dict[str, BrokerData] = {}
    cluster_addr_table: dict[str, list[str]] = {}


class BrokerMemberGroup(Body):
    """Master and slaves of one broker name. Java: `BrokerMemberGroup`."""

    cluster: str = ""
    broker_name: str = ""
    broker_addrs: dict[int, str] = {}


class GetBrokerMemberGroupResponseBody(Body):
    """Answer to GET_BROKER_MEMBER_GROUP. Java: `GetBrokerMemberGroupResponseBody`."""

    broker_member_group: BrokerMemberGroup | None = None


class KVTable(Body):
    """Names and values as text. Java: `KVTable`."""

    table: dict[str, str] = {}


class TopicList(Body):
    """Names of topics. Java: `TopicList`."""

    topic_list: list[str] = []
    broker_addr: str | None = None
