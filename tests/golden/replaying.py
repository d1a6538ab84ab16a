"""Replays the client's side of a recorded conversation against our servers.

Requests go out in the recorded order, on connections of their own; where the recording shows an
answer, ours is waited for. Requests stay as they were recorded, but for one thing: a pull that found
nothing may be held for `HELD_MILLIS` only, so that nobody has to wait for Java's 15 seconds. Topics
that were there before the recording began are made first.
"""

from __future__ import annotations

import json
from typing import Any

import attrs
from twisted.internet.endpoints import HostnameEndpoint

from rmqtw.testing.remoting import RawFactory, RawPeer
from rmqtw.wire.bodies.topics import TopicConfig
from rmqtw.wire.codes import RequestCode, ResponseCode
from rmqtw.wire.frames import RemotingCommand, decode
from rmqtw.wire.messages import decode_record, split_records
from rmqtw.wire.properties import parse
from tests.golden import RecordedFrame, frames

HELD_MILLIS = 300
WAIT_SECONDS = 10.0
ROUTE, PULL = RequestCode.GET_ROUTEINFO_BY_TOPIC, RequestCode.PULL_MESSAGE
NOTHING_FOUND = (ResponseCode.PULL_NOT_FOUND, ResponseCode.PULL_RETRY_IMMEDIATELY)


@attrs.frozen(eq=False)
class Pair:
    """One request of the recording, Java's answer and ours. `ours` is None when none came."""

    request: RecordedFrame
    java: RecordedFrame
    ours: RemotingCommand | None

    @property
    def code(self) -> int:
        """The request's code."""
        return int(self.request.line["code"])

    @property
    def step(self) -> str:
        """What the recording's driver was doing."""
        return str(self.request.line.get("step", ""))


def first_topics(scenario: str) -> list[TopicConfig]:
    """Topics that Java's nameserver knew at the first question for them."""
    asked: dict[str, RecordedFrame] = {}
    questions: dict[tuple[int, int], str] = {}
    for frame in frames(scenario):
        line = frame.line
        if not frame.is_response and line["code"] == ROUTE:
            questions[frame.connection, line["opaque"]] = line["extFields"]["topic"]
        elif frame.is_response and frame.reply_to_code == ROUTE:
            asked.setdefault(questions[frame.connection, line["opaque"]], frame)
    return [_topic(name, frame) for name, frame in asked.items() if frame.line["code"] == 0]


def _topic(name: str, route: RecordedFrame) -> TopicConfig:
    queues = json.loads(route.body)["queueDatas"][0]
    return TopicConfig(
        topic_name=name, perm=queues["perm"], read_queue_nums=queues["readQueueNums"],
        write_queue_nums=queues["writeQueueNums"],
    )


class Replay:
    """One replay; `addresses` are ours by the recording's name of the receiver."""

    def __init__(self, scenario: str, client: str, addresses: dict[str, str], reactor: Any) -> None:
        self._frames = frames(scenario)
        self._client = client
        self._addresses = addresses
        self._reactor = reactor
        self._peers: dict[int, RawPeer] = {}
        self._requests: dict[tuple[int, int], RecordedFrame] = {}
        self._answers = self._recorded_answers()
        self.pairs: list[Pair] = []

    def _recorded_answers(self) -> dict[tuple[int, int], RecordedFrame]:
        return {
            (frame.connection, frame.line["opaque"]): frame
            for frame in self._frames
            if frame.is_response and frame.receiver == self._client
        }

    async def run(self) -> list[Pair]:
        """Send everything; the pairs, in the order of Java's answers."""
        for frame in self._frames:
            key = (frame.connection, frame.line["opaque"])
            if not frame.is_response and frame.sender == self._client and frame.receiver in self._addresses:
                await self._send(frame)
            elif frame.is_response and key in self._requests and frame is self._answers.get(key):
                ours = await self._answer(frame.connection, frame.line["opaque"])
                self.pairs.append(Pair(self._requests[key], frame, ours))
        for peer in self._peers.values():
            peer.transport.loseConnection()
            await peer.gone
        return self.pairs

    async def _send(self, frame: RecordedFrame) -> None:
        peer = self._peers.get(frame.connection)
        if peer is None:
            peer = self._peers[frame.connection] = await self._connect(self._addresses[frame.receiver])
        command = decode(frame.frame)
        assert command is not None
        answer = self._answers.get((frame.connection, command.opaque))
        if command.code == PULL and answer is not None and answer.line["code"] in NOTHING_FOUND:
            assert command.ext_fields is not None
            command.ext_fields["suspendTimeoutMillis"] = str(HELD_MILLIS)
        self._requests[frame.connection, command.opaque] = frame
        peer.send(command)

    async def _connect(self, address: str) -> RawPeer:
        host, _, port = address.rpartition(":")
        peer: RawPeer = await HostnameEndpoint(self._reactor, host, int(port)).connect(RawFactory())
        return peer

    async def _answer(self, connection: int, opaque: int) -> RemotingCommand | None:
        peer = self._peers[connection]
        deadline = self._reactor.seconds() + WAIT_SECONDS
        while self._reactor.seconds() < deadline:
            for command in peer.got:
                if command.is_response and command.opaque == opaque:
                    return command
            arrived = peer.when(len(peer.got) + 1)
            arrived.addTimeout(deadline - self._reactor.seconds(), self._reactor)
            try:
                await arrived
            except Exception:  # noqa: BLE001  the answer is what counts, and it did not come
                return None
        return None


def field_names(command: RemotingCommand) -> set[str]:
    """The names of the answer's extFields."""
    return set(command.ext_fields or {})


def shape(value: Any) -> Any:
    """A JSON value with what it says taken out: names of members, and types."""
    if isinstance(value, dict):
        if value and all(key.isdigit() or ":" in key for key in value):
            return {"*": shape(next(iter(value.values())))}
        return {key: shape(member) for key, member in sorted(value.items())}
    if isinstance(value, list):
        return [shape(value[0])] if value else []
    return type(value).__name__


def records(body: bytes) -> list[tuple[bytes, tuple[str, ...]]]:
    """(body, names of the properties) of each record in a pull's answer."""
    found = []
    for record in split_records(body):
        message = decode_record(record)
        found.append((bytes(message.body), tuple(sorted(parse(message.properties)))))
    return found
