"""Commands for property tests."""

from __future__ import annotations

from hypothesis import strategies as st

from rmqtw.wire.codes import LanguageCode
from rmqtw.wire.frames import RemotingCommand, SerializeType

INT16 = st.integers(-(2**15), 2**15 - 1)
INT32 = st.integers(-(2**31), 2**31 - 1)
FIELDS = st.dictionaries(st.text(min_size=1, max_size=20), st.text(max_size=40), max_size=8)
LANGUAGES = st.sampled_from(LanguageCode).map(lambda code: code.name)

JSON_COMMANDS = st.builds(
    RemotingCommand,
    code=INT32,
    opaque=INT32,
    flag=INT32,
    version=INT32,
    language=LANGUAGES,
    remark=st.none() | st.text(max_size=60),
    ext_fields=st.none() | FIELDS,
    body=st.binary(max_size=200),
)

_FULL_TEXT = st.text(min_size=1, max_size=40)
BINARY_COMMANDS = st.builds(
    RemotingCommand,
    code=INT16,
    opaque=INT32,
    flag=INT32,
    version=INT16,
    language=LANGUAGES,
    remark=st.none() | _FULL_TEXT,
    ext_fields=st.none() | st.dictionaries(_FULL_TEXT, _FULL_TEXT, min_size=1, max_size=8),
    body=st.binary(max_size=200),
    serialize_type=st.just(SerializeType.ROCKETMQ),
)
COMMANDS = JSON_COMMANDS | BINARY_COMMANDS
