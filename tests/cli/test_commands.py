"""`rmqtw send` and `rmqtw tail` as a user types them."""

from __future__ import annotations

import base64
import json
import os
import pty
import select
import signal
import socket
import subprocess
from pathlib import Path

import pytest

from rmqtw.net.framing import request_frame
from rmqtw.wire.commands import SEND_MESSAGE_V2
from rmqtw.wire.frames import encode
from rmqtw.wire.headers.send import SendMessageRequestV2
from tests.cli.conftest import SCRIPTS, Servers, environment


def one_line(text):
    """An error as a user should see it."""
    return text.startswith("rmqtw: ") and text.count("\n") == 1 and text.endswith("\n")


def test_what_is_sent_is_printed_by_tail(rmqtw):
    """The two commands that the first page shows would not work together."""
    sent = rmqtw("send", "Greetings", "hello", "--tag", "A", "--key", "k1", "--key", "k2")
    assert (sent.code, sent.err) == (0, "")
    words = sent.out.split()
    assert words[0] == "sent"
    assert words[2:4] == ["to", "Greetings"]
    tail = rmqtw("tail", "Greetings", "--tag", "A", "--from", "first", "-n", "1")
    assert (tail.code, tail.err) == (0, "")
    (line,) = tail.lines
    assert line.split("\t") == ["Greetings", words[4], words[6], "A", "k1 k2", "hello"]


def test_json_carries_everything(rmqtw):
    """A script could not use what it gets."""
    options = ("--property", "region=eu=west", "--property", "n=1", "--tag", "T", "--key", "k")
    sent = json.loads(rmqtw("msg", "send", "Json", "zürich", *options, "-o", "json").out)
    (line,) = rmqtw("msg", "tail", "Json", "--from", "first", "-n", "1", "-o", "json").lines
    got = json.loads(line)
    assert (got["body"], got["tag"], got["keys"]) == ("zürich", "T", ["k"])
    assert {"region": "eu=west", "n": "1"}.items() <= got["properties"].items()
    for name in ("topic", "broker", "queueId", "queueOffset", "messageId", "offsetMessageId"):
        assert got[name] == sent[name]
    assert sent["status"] == "SEND_OK"


@pytest.mark.parametrize("arguments", [("-",), ()])
def test_a_body_comes_from_standard_input(rmqtw, arguments):
    """A file or a pipe could not be sent."""
    body = bytes(range(256)) * 300
    topic = f"Stdin{len(arguments)}"
    assert rmqtw("send", topic, *arguments, stdin=body).code == 0
    (line,) = rmqtw("tail", topic, "--from", "first", "-n", "1", "-o", "json").lines
    got = json.loads(line)
    assert "body" not in got
    assert base64.b64decode(got["bodyBase64"]) == body


def test_a_body_may_begin_with_a_dash_and_need_not_be_utf8(rmqtw):
    """A body that looks like an option, or an argument in another encoding, could not be sent."""
    assert rmqtw("send", "Odd", "--", b"-n \xff").code == 0
    (line,) = rmqtw("tail", "Odd", "--from", "first", "-n", "1").lines
    assert line.endswith("\t-n \\xff")


def test_no_control_character_reaches_the_terminal(rmqtw):
    """A message could repaint a user's terminal, or pretend to be two."""
    body = b"\x1b[2Jline\nnext\ttab \\ \x07\xc2\x9b \xe2\x80\xae end"
    rmqtw("send", "Evil", stdin=body)
    text = rmqtw("tail", "Evil", "--from", "first", "-n", "1").out
    assert text.endswith("\t\\x1b[2Jline\\nnext\\ttab \\\\ \\x07\\u009b \\u202e end\n")
    plain = rmqtw("tail", "Evil", "--from", "first", "-n", "1", "-o", "json").out
    assert all(" " <= character <= "~" for character in plain.rstrip("\n"))
    assert json.loads(plain)["body"].encode() == body


def test_tags_filter(rmqtw):
    """A user would see messages that were not asked for."""
    for tag in ("A", "B", "C"):
        rmqtw("send", "Tags", tag.lower(), "--tag", tag)
    lines = rmqtw("tail", "Tags", "--tag", "A || C", "--from", "first", "-n", "2").lines
    assert sorted(line.split("\t")[5] for line in lines) == ["a", "c"]


def test_tail_prints_at_once_and_ends_cleanly_on_ctrl_c(rmqtw, start):
    """Messages would appear in batches, or Ctrl-C show a traceback."""
    rmqtw("send", "Live", "before")
    tail = start("tail", "Live")
    while not select.select([tail.stdout], [], [], 0.2)[0]:
        rmqtw("send", "Live", "one")  # again and again: nothing says when `tail` has begun
    assert tail.stdout.readline().endswith("\tone\n")
    tail.send_signal(signal.SIGINT)
    rest, err = tail.communicate(timeout=20)
    assert (tail.returncode, err) == (130, "")
    assert "before" not in rest


def test_a_reader_that_has_enough_ends_tail_silently(rmqtw, start):
    """`rmqtw tail T | head` would end with a traceback."""
    for number in range(4):
        rmqtw("send", "Head", str(number))
    tail = start("tail", "Head", "--from", "first")
    tail.stdout.readline()
    tail.stdout.close()
    rmqtw("send", "Head", "more")
    rmqtw("send", "Head", "more")
    assert tail.wait(timeout=20) == 0
    assert tail.stderr.read() == ""


def test_output_that_cannot_be_written_is_an_error(rmqtw, start):
    """A full disk would look like a topic without messages."""
    rmqtw("send", "Full", "x")
    with Path("/dev/full").open("w") as full:
        tail = start("tail", "Full", "--from", "first", stdout=full)
        _, err = tail.communicate(timeout=20)
    assert tail.returncode == 1
    assert one_line(err)
    assert "No space left" in err


def test_tail_of_a_topic_that_is_not_there(rmqtw):
    """A mistyped topic would look like a quiet one."""
    ended = rmqtw("tail", "Tpyo")
    assert (ended.code, ended.out) == (1, "")
    assert ended.err == "rmqtw: topic Tpyo does not exist; send to it first, or create it\n"


@pytest.mark.parametrize("command", [("send", "T", "x"), ("tail", "T")])
def test_nobody_there(rmqtw, command):
    """A script could not tell a server that is down from a message that is refused."""
    ended = rmqtw(*command, namesrv="127.0.0.1:1;127.0.0.1:2")
    assert (ended.code, ended.out) == (3, "")
    assert one_line(ended.err)
    assert "127.0.0.1:1, 127.0.0.1:2" in ended.err


def test_the_option_names_other_nameservers_than_the_environment(rmqtw, servers):
    """A user with NAMESRV_ADDR set could not look at another cluster."""
    ended = rmqtw("send", "Option", "x", "--namesrv", servers.namesrv, namesrv="127.0.0.1:1")
    assert (ended.code, ended.err) == (0, "")


def test_what_the_broker_refuses(rmqtw):
    """A refusal would look like success, or like a broken network."""
    ended = rmqtw("send", "RMQ_SYS_TRANS_HALF_TOPIC", "x")
    assert (ended.code, ended.out) == (1, "")
    assert one_line(ended.err)
    assert "code 16" in ended.err


def test_a_body_over_the_limit(rmqtw):
    """Somebody who sends a film would wait, and not be told why it failed."""
    ended = rmqtw("send", "T", stdin=bytes(4 * 1024 * 1024 + 1))
    assert ended.code == 1
    assert ended.err == "rmqtw: the body is longer than 4194304 bytes; send it in parts\n"


@pytest.mark.parametrize(
    ("arguments", "cause"),
    [
        (("send",), "Missing argument 'TOPIC'"),
        (("send", "no such name", "x"), "illegal characters"),
        (("send", "T", "x", "--property", "novalue"), "'novalue' is no NAME=VALUE"),
        (("send", "T", "x", "--property", "TAGS=A"), "TAGS is set by the tag"),
        (("send", "T", "x", "--key", "a\x02b"), "must not hold"),
        (("send", "T", "x", "--timeout", "0"), "0.0 is not in the range"),
        (("tail", "T", "--tag", "||"), "'||'"),
        (("tail", "T", "-n", "0"), "0 is not in the range"),
        (("tail", "T", "--from", "middle"), "'middle' is not one of 'first', 'last'"),
        (("tail", "T", "--namesrv", "nowhere"), "give HOST:PORT"),
        (("tail", "T", "--nmaesrv", "x"), "No such option '--nmaesrv'"),
        (("msg", "sned"), "No such command 'sned'"),
    ],
)
def test_wrong_usage(rmqtw, arguments, cause):
    """A user would see pages of help, or a traceback, instead of the mistake."""
    ended = rmqtw(*arguments)
    assert (ended.code, ended.out) == (2, "")
    assert one_line(ended.err)
    assert cause in ended.err
    assert "see rmqtw" in ended.err


def test_no_body_at_a_terminal(servers):
    """A user who forgets the body would look at a command that waits for nothing visible."""
    ours, terminal = pty.openpty()
    try:
        done = subprocess.run(
            [SCRIPTS / "rmqtw", "send", "T"], stdin=terminal, env=environment(servers.namesrv),
            capture_output=True, text=True, timeout=30, check=False,
        )  # fmt: skip
    finally:
        os.close(ours)
        os.close(terminal)
    assert done.returncode == 2
    assert one_line(done.stderr)
    assert "no BODY is given" in done.stderr


def test_a_body_that_cannot_be_inflated_is_shown_and_said(rmqtw, servers):
    """A message of another client's would end `tail`, or look like an ordinary one."""
    rmqtw("send", "Lz4", "first")
    send_raw(servers.broker, "Lz4", sys_flag=0x101, body=b"not zlib")
    ended = rmqtw("tail", "Lz4", "--from", "first", "-n", "2")
    assert ended.code == 1
    assert sorted(line.split("\t")[5] for line in ended.lines) == ["first", "not zlib"]
    assert one_line(ended.err)
    assert "LZ4" in ended.err


def send_raw(address, topic, sys_flag, body):
    """Send a message as another client would."""
    header = SendMessageRequestV2(
        producer_group="PG", topic=topic, default_topic="TBW102", default_topic_queue_nums=4, queue_id=0,
        sys_flag=sys_flag, born_timestamp=1, flag=0, properties="", batch=False,
    )  # fmt: skip
    host, _, port = address.rpartition(":")
    with socket.create_connection((host, int(port)), timeout=10) as connection:
        connection.sendall(encode(request_frame(SEND_MESSAGE_V2, header, body, oneway=False)))
        assert connection.recv(4096)


def test_tail_goes_on_over_a_restart(tmp_path, start):
    """A restart of the broker would end every `tail`, or lose what is sent afterwards."""
    servers = Servers(tmp_path)
    try:
        send = [SCRIPTS / "rmqtw", "send", "Again"]
        subprocess.run([*send, "before"], env=environment(servers.namesrv), check=True, capture_output=True)
        tail = start("tail", "Again", "--from", "first", namesrv=servers.namesrv)
        assert tail.stdout.readline().endswith("\tbefore\n")
        servers.stop()
        assert tail.stderr.readline().startswith("rmqtw: lost broker ")
        servers.start()
        assert tail.stderr.readline().endswith(" is back\n")
        subprocess.run([*send, "after"], env=environment(servers.namesrv), check=True, capture_output=True)
        assert tail.stdout.readline().endswith("\tafter\n")
        tail.send_signal(signal.SIGINT)
        assert tail.communicate(timeout=20) == ("", "")
    finally:
        servers.stop()
