"""Open files: every connection is one, and the system allows a process only so many."""

from __future__ import annotations

import resource

from twisted.logger import Logger

from rmqtw.declare.settings import ServerSettings
from rmqtw.store.files import OPEN_FILES

_OTHERS = 128
"""Log, listeners, pipes, connections to nameservers, files of the store that are in use."""

_log = Logger(namespace="rmqtw")


def descriptors_needed(*services: ServerSettings) -> int:
    """How many files a process with these services may have open at once.

    Two listeners are hardly ever full together, so the larger one counts.
    """
    return max(settings.max_connections for settings in services) + OPEN_FILES + _OTHERS


def provide_descriptors(needed: int) -> bool:
    """Raise the process's limit to what is needed, as far as the system allows.

    False when it does not suffice; that is said in one warning with the next step.
    """
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = needed if hard == resource.RLIM_INFINITY else min(needed, hard)
    if soft not in (resource.RLIM_INFINITY, wanted) and soft < wanted:
        resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, hard))
    if wanted == needed:
        return True
    _log.warn(
        "the system allows {limit} open files and --max-connections may need {needed}: connections over "
        "that are refused; raise the limit (ulimit -Hn, or LimitNOFILE= in the unit) or lower "
        "--max-connections", limit=hard, needed=needed,
    )
    return False
