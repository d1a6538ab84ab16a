"""What is printed: nothing that a terminal obeys, and nothing that cannot be undone."""

from __future__ import annotations

import json
import re

from hypothesis import example, given
from hypothesis import strategies as st

from rmqtw.cli.output import body_text, message_json, message_line, printable
from rmqtw.client.received import received
from tests.client.cluster import record


@given(st.binary())
@example(b"\\x41 \\")
@example(b"\xed\xa0\x80")
def test_a_body_is_one_line_that_can_be_undone(body):
    """A message could hide a part of itself, or two different ones look alike."""
    text = body_text(body)
    assert text.isprintable()
    assert undone(text) == body


@given(st.text())
def test_text_is_printable(text):
    """A tag or a key could do to a terminal what a body cannot."""
    assert printable(text).isprintable()
    assert undone(printable(text)) == text.encode("utf-8", "surrogatepass")


def undone(text):
    """The bytes that an escaped text stands for."""
    done = bytearray()
    for piece in re.findall(r"\\x..|\\u....|\\U........|\\.|.", text):
        if re.match(r"\\x[89a-f]", piece):
            done += bytes.fromhex(piece[2:])
        else:
            plain = piece.encode("ascii").decode("unicode_escape") if len(piece) > 1 else piece
            done += plain.encode("utf-8", "surrogatepass")
    return bytes(done)


@given(st.binary(max_size=100), st.text("ab \x7f\x1b|é", max_size=5))
def test_json_is_one_line_of_ascii(body, tag):
    """A line-based tool would see two lines, or a terminal obey a message."""
    (message,) = received("b", record("T", 0, 7, body, tag))
    line = message_json(message, message.body)
    assert all(" " <= character <= "~" for character in line)
    assert json.loads(line)["queueOffset"] == 7


def test_absent_fields_have_their_place():
    """A script that cuts columns would take the body for the tag."""
    (message,) = received("b", record("T", 0, 7, b"hello"))
    assert message_line(message, b"hello") == "T\tb:0\t7\t-\t-\thello"
