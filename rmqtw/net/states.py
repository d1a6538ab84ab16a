"""The life of a connection that a server accepted, as a table; and what its first bytes say.

A frame begins with its length, which is at most 16 MiB: the first byte is 0 or 1. Whatever else
comes first is another protocol, and is named in the log so that its sender's operator finds the
cause.
"""

from __future__ import annotations

from enum import Enum


class State(Enum):
    """Where a connection stands."""

    SNIFFING = "waiting for the first bytes"
    UNAUTHENTICATED = "frames, none of them authenticated: small ones only, and a deadline"
    READY = "authenticated"
    CLOSING = "writing what is due, reading nothing"
    CLOSED = "gone"


class Event(Enum):
    """What happens to a connection."""

    FRAMES = "the first bytes are those of a frame"
    FOREIGN = "the first bytes are those of another protocol"
    AUTHENTICATED = "a frame was authenticated, or the peer's address is proof enough"
    BROKEN = "what arrived is no frame, a limit was passed or a deadline missed"
    CLOSE = "we close"
    LOST = "the connection is gone"


TRANSITIONS: dict[tuple[State, Event], State] = {
    (State.SNIFFING, Event.FRAMES): State.UNAUTHENTICATED,
    (State.SNIFFING, Event.FOREIGN): State.CLOSING,
    (State.SNIFFING, Event.BROKEN): State.CLOSING,
    (State.SNIFFING, Event.CLOSE): State.CLOSING,
    (State.SNIFFING, Event.LOST): State.CLOSED,
    (State.UNAUTHENTICATED, Event.AUTHENTICATED): State.READY,
    (State.UNAUTHENTICATED, Event.BROKEN): State.CLOSING,
    (State.UNAUTHENTICATED, Event.CLOSE): State.CLOSING,
    (State.UNAUTHENTICATED, Event.LOST): State.CLOSED,
    (State.READY, Event.BROKEN): State.CLOSING,
    (State.READY, Event.CLOSE): State.CLOSING,
    (State.READY, Event.LOST): State.CLOSED,
    (State.CLOSING, Event.LOST): State.CLOSED,
}


def after(state: State, event: Event) -> State:
    """The state after an event; the same one when the event means nothing there."""
    return TRANSITIONS.get((state, event), state)


FRAME = "a frame"
UNKNOWN = "bytes that begin no frame"

_SIGNATURES: tuple[tuple[bytes, str], ...] = (
    (b"\x16\x03", "a TLS handshake, but TLS is not offered on this listener; connect without it"),
    (b"PROXY ", "a PROXY protocol header; connect without it"),
    (b"\r\n\r\n\x00\r\nQUIT\n", "a PROXY protocol (version 2) header; connect without it"),
    (b"PRI * HTTP/2.0\r\n", "HTTP/2 (gRPC); this port speaks RocketMQ remoting only"),
    *(
        (verb + b" ", "HTTP; this port speaks RocketMQ remoting only")
        for verb in (b"GET", b"HEAD", b"POST", b"PUT", b"PATCH", b"DELETE", b"OPTIONS", b"CONNECT", b"TRACE")
    ),
)
SNIFF_BYTES = max(len(signature) for signature, _ in _SIGNATURES)


def sniff(first: bytes) -> str | None:
    """What a connection that begins with `first` speaks: `FRAME`, another protocol, or `UNKNOWN`.

    None when more bytes are needed to say; never when there are `SNIFF_BYTES` of them.
    """
    if not first:
        return None
    if first[0] <= 1:
        return FRAME
    undecided = False
    for signature, name in _SIGNATURES:
        if first.startswith(signature):
            return name
        undecided = undecided or signature.startswith(first)
    return None if undecided else UNKNOWN
