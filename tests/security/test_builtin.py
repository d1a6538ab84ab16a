from __future__ import annotations

import pytest
from twisted.internet.task import Clock
from twisted.logger import Logger
from zope.interface.verify import verifyObject

from rmqtw.declare.access import Access, Action
from rmqtw.declare.fields import Resource
from rmqtw.interfaces.security import IAudit, IAuthenticator, IAuthorizer, IQuota
from rmqtw.net.peers import Peer
from rmqtw.security.audit import LogAudit
from rmqtw.security.limits import LineLimit
from rmqtw.security.loopback import LOOPBACK
from rmqtw.security.policy import dialled_security, loopback_security
from rmqtw.testing.denial import DenyEverything, FrameCatcher
from rmqtw.wire.errors import NoPermission
from rmqtw.wire.frames import RemotingCommand

ACCESSES = [Access(action, kind, "T") for action in Action for kind in Resource]
HERE = Peer("127.0.0.1", 1, "main", FrameCatcher())
THERE = Peer("192.0.2.7", 1, "main", FrameCatcher())
FRAME = RemotingCommand(code=10)


@pytest.mark.parametrize("four", [loopback_security(lambda: 0.0), dialled_security(lambda: 0.0)])
def test_the_built_in_sets_provide_the_interfaces(four):
    """What is plugged in later is asked the same questions."""
    assert verifyObject(IAuthenticator, four.authenticator)
    assert verifyObject(IAuthorizer, four.authorizer)
    assert verifyObject(IQuota, four.quota)
    assert verifyObject(IAudit, four.audit)
    assert verifyObject(IAuthorizer, DenyEverything())


def test_a_peer_on_this_machine_may_do_everything():
    """Somebody who tries it out needs no password."""
    four = loopback_security(lambda: 0.0)
    assert four.authenticator.authenticate(FRAME, HERE) == LOOPBACK
    assert four.authenticator.trusts(HERE)
    for access in ACCESSES:
        four.authorizer.authorize(LOOPBACK, access, HERE)


def test_any_other_peer_may_do_nothing_and_reads_why():
    """Each of the two refuses on its own; the remark says what to configure."""
    four = loopback_security(lambda: 0.0)
    assert not four.authenticator.trusts(THERE)
    with pytest.raises(NoPermission, match="no authentication is configured"):
        four.authenticator.authenticate(FRAME, THERE)
    for access in ACCESSES:
        with pytest.raises(NoPermission, match="not 192"):
            four.authorizer.authorize(LOOPBACK, access, THERE)


class _Request:
    name = "UPDATE_AND_CREATE_TOPIC"
    peer = THERE
    principal = LOOPBACK
    header = "secret"
    body = b"secret"


def test_audit_lines_say_who_what_and_how_it_ended_and_no_more():
    """An operator finds refusals and changes in the log; header values and bodies are not there."""
    lines = []
    audit = LogAudit(lambda: 0.0, Logger(observer=lines.append))
    audit.refused(_Request, "no")
    audit.done(_Request, 0)
    texts = [line["log_format"].format(**line) for line in lines]
    assert texts == [
        "Refused UPDATE_AND_CREATE_TOPIC from 192.0.2.7:1, loopback: no",
        "loopback at 192.0.2.7:1 did UPDATE_AND_CREATE_TOPIC: code 0",
    ]
    assert [line["log_level"].name for line in lines] == ["warn", "info"]
    assert "secret" not in str(lines)


def test_a_flood_of_refusals_does_not_flood_the_log():
    """What is left out is counted and said in the next window."""
    lines = []
    clock = Clock()
    audit = LogAudit(clock.seconds, Logger(observer=lines.append))
    for _ in range(1000):
        audit.refused(_Request, "no")
    assert len(lines) == 20
    clock.advance(11)
    audit.refused(_Request, "no")
    assert "980 more" in lines[-1]["note"]


def test_a_line_limit_begins_anew_in_each_window():
    """At the limit the last line passes, one more does not, and the next window is like the first."""
    clock = Clock()
    limit = LineLimit(clock.seconds, burst=2, window=10.0)
    assert [limit.admit() for _ in range(3)] == [True, True, False]
    clock.advance(9.9)
    assert not limit.admit()
    clock.advance(0.2)
    assert limit.admit()
    assert "2 more" in limit.note()
    assert limit.note() == ""
