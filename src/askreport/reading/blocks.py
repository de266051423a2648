"""What a file's layout comes down to: a row of blocks, each to be one paragraph of the report."""

from dataclasses import dataclass
from typing import Literal

BlockKind = Literal["text", "caption", "heading", "row"]


@dataclass(slots=True)
class Block:
    """One paragraph before it has a place in the text; `text` is clean and on one line.

    `kind`: "heading" only where the markup says so, with its `level` from 1; "row" is a line of
    code or of a table, which is never split. `lines` counts the lines it had in the file.
    `page_breaks` are the offsets in `text` at which a page begins, once for each page: a page
    without text repeats the offset of the next one.
    """

    text: str
    kind: BlockKind = "text"
    level: int = 0
    lines: int = 1
    page_breaks: tuple[int, ...] = ()


@dataclass(slots=True)
class BlockText:
    """A whole file as blocks.

    `pages_after` counts the pages that begin after the last block. `title` is set where the file
    states one. `markup`: headings are stated by the file, none is to be looked for.
    """

    blocks: list[Block]
    pages_after: int = 0
    title: str | None = None
    markup: bool = False
