"""A failing answer and its exception are the same thing."""

from __future__ import annotations

import pytest

from rmqtw.wire import errors
from rmqtw.wire.codes import ResponseCode
from rmqtw.wire.errors import OUTCOMES, RemotingError, TopicNotExist, error_for


@pytest.mark.parametrize("code", sorted(set(ResponseCode) - OUTCOMES))
def test_each_failing_code_has_a_class(code):
    """A caller could not catch this failure by name."""
    error = error_for(code, "because")
    assert type(error) is not RemotingError
    assert (error.code, error.remark, str(error)) == (code, "because", "because")
    assert getattr(errors, type(error).__name__) is type(error)


@pytest.mark.parametrize("code", sorted(ResponseCode))
def test_java_producer_tries_another_broker_on_these(code):
    """A producer would give up on a broker that is merely busy, or hammer on one that will not have it."""
    assert error_for(code).retriable == (code in {1, 2, 14, 16, 17, 204, 205, 1500})


def test_unknown_code_stays_a_number():
    """An answer of a newer broker would be reported as another error, or not at all."""
    error = error_for(4711, None)
    assert type(error) is RemotingError
    assert (error.code, error.remark, error.retriable) == (4711, "", False)
    assert "4711" in str(error)


def test_error_without_a_remark_says_its_code():
    """A log line would be empty where the server sent no remark."""
    assert str(error_for(17)) == "response code 17 TOPIC_NOT_EXIST"
    assert repr(TopicNotExist("T1")) == "TopicNotExist(17, 'T1')"


def test_a_second_class_for_a_code_is_refused():
    """Two classes for one code: which one a call fails with would depend on the order of imports."""
    with pytest.raises(TypeError, match="TopicNotExist"):
        type("Twin", (RemotingError,), {"code": ResponseCode.TOPIC_NOT_EXIST})


def test_a_special_case_of_an_error_keeps_its_code():
    """A narrower class would take over what clients catch."""
    special = type("RouteNotExist", (TopicNotExist,), {})
    assert special("x").code == ResponseCode.TOPIC_NOT_EXIST
    assert type(error_for(17)) is TopicNotExist
