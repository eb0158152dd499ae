"""Ruled tables: what all tables on the screen have in common, a line below the head and nothing else around the cells."""

from __future__ import annotations

import sys

from rich.box import SIMPLE_HEAD, Box
from rich.table import Table

GAP = 2
"""Spaces between columns."""

PLAIN_HEAD = Box("    \n    \n -- \n    \n    \n    \n    \n    \n", ascii=True)
"""The same line, of what every encoding has."""


def rule_table() -> Table:
    """An empty table; its line is of hyphens where standard output has another encoding than UTF."""
    encoding = getattr(sys.stdout, "encoding", None) or "utf-8"
    box = SIMPLE_HEAD if encoding.lower().startswith("utf") else PLAIN_HEAD
    return Table(box=box, padding=(0, GAP - 1, 0, 0), pad_edge=False, show_edge=False)
