"""All rows, in the order of their numbers."""

from tests.torture import (
    answers,
    backends,
    crowds,
    files,
    packages,
    pages,
    patterns,
    routes,
    starting,
    store,
)
from tests.torture.rows import ROWS

__all__ = ["MODULES", "ROWS"]

MODULES = (answers, backends, crowds, files, packages, pages, patterns, routes, starting, store)
ROWS.sort(key=lambda row: (row.number[0], int(row.number[1:])))
