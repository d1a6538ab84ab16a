"""Says what is wrong when the package `rmqtw.filters` is not there.

`rmqtw/filters` is a symbolic link to `../filters`. Python prefers that package to this module, so
this runs only where the link was lost: unpacked from an archive without links, or checked out by
git with `core.symlinks=false`, either of which leaves a small text file in its place.
"""

raise ImportError(
    "rmqtw/filters should be a symbolic link to ../filters, and is not: this copy of rmqtw was unpacked or "
    "checked out without symbolic links. Remove the file rmqtw/filters and copy the folder filters there, "
    "or install the wheel (pip install rmqtw), which needs no links."
)
