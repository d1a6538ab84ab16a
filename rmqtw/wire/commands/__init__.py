"""Every command of the wire, named like its request code: `commands.PULL_MESSAGE`.

`COMMANDS` finds one by number. A request code without a command stands in `NO_COMMAND` with the
reason.
"""

from __future__ import annotations

from typing import Any

from rmqtw.wire.codes import RequestCode
from rmqtw.wire.commands import administration, clients, servers
from rmqtw.wire.commands.administration import *  # noqa: F403  the commands are this package's names
from rmqtw.wire.commands.clients import *  # noqa: F403
from rmqtw.wire.commands.command import Command as Command
from rmqtw.wire.commands.command import UnruledCommand as UnruledCommand
from rmqtw.wire.commands.servers import *  # noqa: F403

_NEVER_SENT = "declared by Apache, but no client or server sends or serves it"
_ACL_1 = "ACL 1.0 administration, which Apache removed after 5.3.0; ACL 2.0 has 3001 to 3010"
_CONTROLLER_LOG = "an entry of the controller's own Raft log, never on a client connection"

NO_COMMAND: dict[int, str] = {
    RequestCode.QUERY_BROKER_OFFSET: _NEVER_SENT,
    RequestCode.GET_TOPIC_CONFIG_LIST: _NEVER_SENT,
    RequestCode.GET_TOPIC_NAME_LIST: _NEVER_SENT,
    RequestCode.TRIGGER_DELETE_FILES: _NEVER_SENT,
    RequestCode.GET_CLIENT_CONFIG: _NEVER_SENT,
    RequestCode.SUSPEND_CONSUMER: _NEVER_SENT,
    RequestCode.RESUME_CONSUMER: _NEVER_SENT,
    RequestCode.RESET_CONSUMER_OFFSET_IN_CONSUMER: _NEVER_SENT,
    RequestCode.RESET_CONSUMER_OFFSET_IN_BROKER: _NEVER_SENT,
    RequestCode.ADJUST_CONSUMER_THREAD_POOL: _NEVER_SENT,
    RequestCode.WHO_CONSUME_THE_MESSAGE: _NEVER_SENT,
    RequestCode.REGISTER_FILTER_SERVER: _NEVER_SENT,
    RequestCode.REGISTER_MESSAGE_FILTER_CLASS: _NEVER_SENT,
    RequestCode.UPDATE_AND_CREATE_ACL_CONFIG: _ACL_1,
    RequestCode.DELETE_ACL_CONFIG: _ACL_1,
    RequestCode.GET_BROKER_CLUSTER_ACL_INFO: _ACL_1,
    RequestCode.UPDATE_GLOBAL_WHITE_ADDRS_CONFIG: _ACL_1,
    RequestCode.GET_BROKER_CLUSTER_ACL_CONFIG: _ACL_1,
    RequestCode.BROKER_CLOSE_CHANNEL_REQUEST: _CONTROLLER_LOG,
    RequestCode.CHECK_NOT_ACTIVE_BROKER_REQUEST: _CONTROLLER_LOG,
    RequestCode.GET_BROKER_LIVE_INFO_REQUEST: _CONTROLLER_LOG,
    RequestCode.GET_SYNC_STATE_DATA_REQUEST: _CONTROLLER_LOG,
    RequestCode.RAFT_BROKER_HEART_BEAT_EVENT_REQUEST: _CONTROLLER_LOG,
}

COMMANDS: dict[int, Command[Any, Any]] = {
    command.code: command
    for module in (clients, servers, administration)
    for command in vars(module).values()
    if isinstance(command, Command)
}
