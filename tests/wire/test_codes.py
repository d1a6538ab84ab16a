"""The numbers are Apache's."""

from __future__ import annotations

import pytest

from rmqtw.wire import codes
from rmqtw.wire.codes import TRUNCATED_CODES, LanguageCode, RequestCode, ResponseCode


def test_we_announce_5_3_3():
    """Clients would switch features on or off that Apache 5.3.3 does not have or has."""
    assert codes.VERSION == codes.V5_3_3 == 479


@pytest.mark.parametrize(
    ("code", "number"),
    [
        (RequestCode.SEND_MESSAGE, 10),
        (RequestCode.SEND_MESSAGE_V2, 310),
        (RequestCode.UPDATE_AND_CREATE_ACL_CONFIG, 50),
        (RequestCode.CONTROLLER_ALTER_SYNC_STATE_SET, 1001),
        (RequestCode.BATCH_ACK_MESSAGE, 200151),
        (ResponseCode.PULL_OFFSET_MOVED, 21),
        (ResponseCode.RPC_TIME_OUT, -1006),
        (ResponseCode.GO_AWAY, 1500),
        (LanguageCode.NODE_JS, 13),
    ],
)
def test_a_code_has_apaches_number(code, number):
    """A peer would read one request or answer as another."""
    assert code == number


def test_pop_requests_of_binary_clients_can_be_told():
    """A POP client with binary headers, which truncate its codes, could not be named in a log."""
    assert TRUNCATED_CODES[3442] is RequestCode.POP_MESSAGE
    assert TRUNCATED_CODES[3543] is RequestCode.BATCH_ACK_MESSAGE
    assert not TRUNCATED_CODES.keys() & set(RequestCode)
