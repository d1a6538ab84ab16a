"""What a service says at the end of its start: where it listens, where its data is, what to type next."""

from __future__ import annotations

import os
import shlex
import shutil
import sysconfig
from collections.abc import Mapping
from pathlib import Path

from twisted.logger import Logger

from rmqtw.declare.settings import NAMESRV_PORT

_log = Logger(namespace="rmqtw")
_DEFAULT_NAMESERVER = f"127.0.0.1:{NAMESRV_PORT}"

READY = """\
ready; Ctrl-C stops it
  nameserver  {nameserver}
  broker      {broker}
  data        {data}
Type in another terminal:
  {send}
  {tail}"""


def say_ready(*, nameserver: str, broker: str, data: str) -> None:
    """Log it as one event, whose fields are also for programs."""
    command, option = rmqtw_command(), namesrv_option(nameserver, os.environ)
    _log.info(
        READY, nameserver=nameserver, broker=broker, data=data,
        send=f'{command} send Greetings "hello" --tag A{option}',
        tail=f"{command} tail Greetings --tag A --from first -n 1{option}",
    )


def namesrv_option(nameserver: str, environ: Mapping[str, str]) -> str:
    """The option that `rmqtw` needs to find this nameserver; empty when it does so by itself."""
    found = environ.get("NAMESRV_ADDR") or _DEFAULT_NAMESERVER
    return "" if nameserver == found else f" --namesrv {shlex.quote(nameserver)}"


def rmqtw_command(scripts: str | None = None) -> str:
    """How to type `rmqtw` in the current folder so that it is the one installed with this program."""
    own = Path(scripts or sysconfig.get_path("scripts")) / "rmqtw"
    found = shutil.which("rmqtw")
    if not own.exists() or (found and Path(found).resolve() == own.resolve()):
        return "rmqtw"
    near = own.relative_to(Path.cwd()) if own.is_relative_to(Path.cwd()) else own
    return shlex.quote(str(near))
