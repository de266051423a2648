"""A report as the page sets it: blocks (paragraphs and headings), and leaves of some dozen blocks.

The text of a block is the report's own, code point for code point, so that the browser can find a
citation by counting. A leaf is what a browser loads and lays out at a time.
"""

import hashlib
from bisect import bisect_right
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import pairwise
from typing import Final

from askreport.schema import Report
from askreport.web.markup import clean, text_language

LEAF_BLOCKS: Final = 30
LEAF_CHARS: Final = 12_000
_KEY_DIGITS: Final = 10  # of a SHA-256; a counter tells repeats apart
_DIGEST_DIGITS: Final = 16
_LINE_CHARS: Final = 38  # Chinese characters on a line of the page, about
_LATIN_LINE_CHARS: Final = 80


@dataclass(frozen=True, slots=True)
class Piece:
    """A stretch of a block. `page` is set where that page begins with it."""

    text: str
    page: int | None


@dataclass(frozen=True, slots=True)
class Block:
    """A paragraph (`level` 0) or a heading. `chapter` is set on the first block of a chapter.

    `key` names the block by its words, so that a link to it outlives a rebuilt index.
    """

    start: int
    end: int
    level: int
    chapter: int | None
    pieces: tuple[Piece, ...]
    key: str

    @property
    def text(self) -> str:
        """The block's text."""
        return "".join(piece.text for piece in self.pieces)


@dataclass(frozen=True, slots=True)
class Leaf:
    """Consecutive blocks, each with the tag it has on the page. `lines` is about their height."""

    start: int
    end: int
    chapters: tuple[int, ...]
    lines: int
    blocks: tuple[tuple[str, Block], ...]


@dataclass(frozen=True)
class Document:
    """A report, cut into leaves. `title` is empty where the text opens with it."""

    report: Report
    title: str
    language: str
    leaves: tuple[Leaf, ...]

    @property
    def digest(self) -> str:
        """Names the file that it was made of."""
        return self.report.source_digest[:_DIGEST_DIGITS]

    @cached_property
    def leaf_of_key(self) -> dict[str, int]:
        """Number of the leaf in which the block with a key stands."""
        return {b.key: n for n, leaf in enumerate(self.leaves) for _, b in leaf.blocks}

    @cached_property
    def _bounds(self) -> tuple[list[int], list[int]]:
        """Starts and ends of all blocks, in order."""
        every = [block for leaf in self.leaves for _, block in leaf.blocks]
        return [block.start for block in every], [block.end for block in every]

    def holds(self, start: int, end: int) -> bool:
        """Whether a slice of the report stands within one block."""
        starts, ends = self._bounds
        number = bisect_right(starts, start) - 1
        return number >= 0 and end <= ends[number]


def document(report: Report) -> Document:
    """The report as the page sets it."""
    title = clean(report.title).strip()
    body = list(blocks(report))
    tags = [f"h{min(block.level + 2, 6)}" if block.level else "p" for block in body]
    opens_with_title = bool(body) and body[0].text.strip() == title
    if opens_with_title:
        tags[0] = "h2"
    language = text_language(report.text)
    return Document(
        report=report,
        title="" if opens_with_title else title,
        language=language,
        leaves=tuple(_leaves(list(zip(tags, body, strict=True)), language)),
    )


def blocks(report: Report) -> Iterator[Block]:
    """The report's paragraphs and headings in order; their texts are slices of the report."""
    bounds = sorted({edge for heading in report.headings for edge in (heading.start, heading.end)})
    levels = {heading.start: heading.level for heading in report.headings}
    pages = {start: number for number, start in enumerate(report.page_starts, start=1)}
    page_starts = sorted(pages)
    chapter_starts = [chapter.start for chapter in report.chapters]
    next_chapter = 0
    next_page = 0
    repeats: Counter[str] = Counter()
    for start, end in _cut(((span.start, span.end) for span in report.paragraphs), bounds):
        if not report.text[start:end].strip():
            continue
        chapter = None
        while next_chapter < len(chapter_starts) and chapter_starts[next_chapter] < end:
            chapter, next_chapter = next_chapter, next_chapter + 1
        first_page = next_page
        while next_page < len(page_starts) and page_starts[next_page] < end:
            next_page += 1
        breaks = {max(edge, start): pages[edge] for edge in page_starts[first_page:next_page]}
        level, pieces = levels.get(start, 0), tuple(_pieces(report, start, end, breaks))
        key = _key(report.text[start:end])
        repeats[key] += 1
        key += f"-{repeats[key]}" if repeats[key] > 1 else ""
        yield Block(start, end, level, chapter, pieces, key)


def _leaves(tagged: Sequence[tuple[str, Block]], language: str) -> Iterator[Leaf]:
    line_chars = _LINE_CHARS if language in ("zh", "ja", "ko") else _LATIN_LINE_CHARS
    first = 0
    for end in range(1, len(tagged) + 1):
        chars = tagged[end - 1][1].end - tagged[first][1].start
        if end < len(tagged) and end - first < LEAF_BLOCKS and chars < LEAF_CHARS:
            continue
        held = tuple(tagged[first:end])
        yield Leaf(
            start=held[0][1].start,
            end=held[-1][1].end,
            chapters=tuple(block.chapter for _, block in held if block.chapter is not None),
            lines=sum((block.end - block.start) // line_chars + 2 for _, block in held),
            blocks=held,
        )
        first = end


def _key(text: str) -> str:
    """A name made of the words alone: white space comes and goes with the reader of a file."""
    words = "".join(text.split()).encode("utf-8", "replace")
    return hashlib.sha256(words).hexdigest()[:_KEY_DIGITS]


def _cut(spans: Iterable[tuple[int, int]], bounds: Sequence[int]) -> Iterator[tuple[int, int]]:
    """The spans, cut further at those bounds that lie inside them. Both are in order."""
    upcoming = 0
    for start, end in spans:
        while upcoming < len(bounds) and bounds[upcoming] < end:
            if bounds[upcoming] > start:
                yield start, bounds[upcoming]
                start = bounds[upcoming]
            upcoming += 1
        yield start, end


def _pieces(report: Report, start: int, end: int, breaks: Mapping[int, int]) -> Iterator[Piece]:
    for piece_start, piece_end in pairwise([*sorted({start, *breaks}), end]):
        yield Piece(clean(report.text[piece_start:piece_end]), breaks.get(piece_start))
