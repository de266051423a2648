"""Blocks to a report: the text, its offsets, headings, chapters, sentences and pages."""

import hashlib
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import pairwise

from askreport.reading.blocks import Block, BlockText
from askreport.reading.characters import SENTENCE_ENDS, display_width, last_mark
from askreport.reading.numbering import has_list_marker, numbered_label
from askreport.reading.sentences import split_sentences, trim
from askreport.schema import Chapter, Heading, Report, Span

_TITLE_CHARS = 120  # a numbered paragraph longer than this is no title
_LABELLED_SENTENCE_CHARS = 80  # a numbered title that ends like a sentence is no longer than this
_HEADING_COLUMNS = 64
_COLON_HEADING_COLUMNS = 40  # a longer line that ends with a colon is the sentence before a list
_FIRST_LINE_CHARS = 80
_BARE_SPAN = 0.3  # of the text lies between the first and last title whose number stands alone
_SUBHEADING_LEVEL = 2
_Numbered = tuple[int, int, str]  # index of the block, its number, its label
_HEADING_STACK = 2  # headings that stand right above one another


@dataclass(slots=True)
class _Outline:
    """Levels of the blocks that are headings, and (block, label) of the chapters, in order."""

    levels: dict[int, int] = field(default_factory=dict)
    chapters: list[tuple[int, str]] = field(default_factory=list)
    title: str = ""


def build_report(name: str, stem: str, content: BlockText, source: bytes) -> Report:
    """The report of `content`, which has a block at least; `stem` is its title if it has none."""
    blocks = content.blocks
    outline = _markup_outline(content, stem) if content.markup else _plain_outline(blocks, stem)
    text = "\n".join(block.text for block in blocks)
    starts: list[int] = []
    offset = 0
    for block in blocks:
        starts.append(offset)
        offset += len(block.text) + 1
    paragraphs = tuple(
        trim(text, start, start + len(block.text))
        for start, block in zip(starts, blocks, strict=True)
    )
    sentences: list[Span] = []
    for index, (block, span) in enumerate(zip(blocks, paragraphs, strict=True)):
        if index in outline.levels or block.kind == "row":
            sentences.append(span)
        else:
            sentences.extend(split_sentences(text, span.start, span.end))
    return Report(
        name=name,
        text=text,
        title=outline.title,
        paragraphs=paragraphs,
        sentences=tuple(sentences),
        headings=tuple(
            Heading(blocks[index].text, level, paragraphs[index].start, paragraphs[index].end)
            for index, level in sorted(outline.levels.items())
        ),
        chapters=_chapters(text, blocks, paragraphs, outline),
        page_starts=_page_starts(content, starts, len(text)),
        source_digest=hashlib.sha256(source).hexdigest(),
    )


def _chapters(
    text: str, blocks: Sequence[Block], paragraphs: Sequence[Span], outline: _Outline
) -> tuple[Chapter, ...]:
    if not outline.chapters:
        return (Chapter(outline.title, outline.title, 0, len(text)),)
    bounds = [index for index, _ in outline.chapters] + [len(blocks)]
    return tuple(
        Chapter(label, blocks[index].text, paragraphs[index].start, paragraphs[following - 1].end)
        for (index, label), following in zip(outline.chapters, bounds[1:], strict=True)
    )


def _page_starts(content: BlockText, starts: Sequence[int], length: int) -> tuple[int, ...]:
    begun = [
        start + offset
        for start, block in zip(starts, content.blocks, strict=True)
        for offset in block.page_breaks
    ]
    begun += [length] * content.pages_after
    return (0, *begun) if begun else ()


def _plain_outline(blocks: Sequence[Block], stem: str) -> _Outline:
    """The outline of a text without markup: numbered titles, and short lines over longer ones."""
    outline = _Outline()
    first = blocks[0].text
    titled = (
        len(first) <= _FIRST_LINE_CHARS
        and last_mark(first) not in "。.；;，,、"
        and not has_list_marker(first)
        and len(blocks) > 1
    )
    outline.chapters = _numbered_chapters(blocks)
    first_is_chapter = bool(outline.chapters) and outline.chapters[0][0] == 0
    outline.title = first if titled and not first_is_chapter else stem
    if titled and not outline.chapters:
        outline.levels[0] = 1
    outline.levels |= {index: 1 for index, _ in outline.chapters}
    for index in _subheadings(blocks, outline.levels):
        if index > 0 or not titled:
            outline.levels[index] = _SUBHEADING_LEVEL
    return outline


def _numbered_chapters(blocks: Sequence[Block]) -> list[tuple[int, str]]:
    """The row of consecutive numbered titles that spans most of the text; two titles at least."""
    families: defaultdict[str, list[_Numbered]] = defaultdict(list)
    offsets: list[int] = []
    length = 0
    for index, block in enumerate(blocks):
        offsets.append(length)
        length += len(block.text)
        label = numbered_label(block.text) if _is_title_like(block.text) else None
        if label and block.kind == "text":
            families[label.family].append((index, label.number, label.text or block.text))
    best: list[tuple[int, str]] = []
    best_span = 0
    for family, titles in families.items():
        bare = family in ("bare", "chinese")
        for row in _consecutive(titles):
            span = offsets[row[-1][0]] - offsets[row[0][0]]
            if bare and not (_has_text_between(row) and span >= _BARE_SPAN * length):
                continue
            if bare and row[0][1] > 1:
                continue
            if span > best_span:
                best, best_span = [(index, label) for index, _, label in row], span
    return best


def _consecutive(titles: Sequence[_Numbered]) -> list[list[_Numbered]]:
    """Runs of two and more titles whose numbers grow by one.

    A title goes on with the list it stands right under, else with a run whose titles stand apart:
    so numbered lists may stand between numbered titles.
    """
    runs: list[list[_Numbered]] = []
    apart: defaultdict[int, list[list[_Numbered]]] = defaultdict(list)
    listed: defaultdict[int, list[list[_Numbered]]] = defaultdict(list)
    for title in titles:
        index, number, _ = title
        kinds = (apart[number - 1], listed[number - 1])
        under = next((kind for kind in kinds if kind and kind[-1][-1][0] == index - 1), None)
        waiting = under if under is not None else kinds[0] or kinds[1]
        run = waiting.pop() if waiting else []
        if not run:
            runs.append(run)
        run.append(title)
        (apart if under is None else listed)[number].append(run)
    return [run for run in runs if len(run) > 1]


def _has_text_between(row: Sequence[_Numbered]) -> bool:
    return all(following[0] - title[0] > 1 for title, following in pairwise(row))


def _is_title_like(text: str) -> bool:
    if len(text) > _TITLE_CHARS or text[-1] in "；，、;,":
        return False
    return last_mark(text) not in "。." or len(text) <= _LABELLED_SENTENCE_CHARS


def _subheadings(blocks: Sequence[Block], known: dict[int, int]) -> list[int]:
    """Indexes of short lines over longer text, from the known headings aside."""
    candidates = [
        index not in known and block.kind == "text" and _is_short_line(block)
        for index, block in enumerate(blocks)
    ]
    found: list[int] = []
    for index, candidate in enumerate(candidates):
        if not candidate:
            continue
        marked = has_list_marker(blocks[index].text)
        if marked and _is_list_entry(blocks, candidates, index):
            continue
        below = index + 1
        while (
            below < len(blocks)
            and candidates[below]
            and below - index < _HEADING_STACK
            and not (marked and has_list_marker(blocks[below].text))
        ):
            below += 1
        if below == len(blocks) or below in known or candidates[below]:
            continue
        if len(blocks[below].text) > len(blocks[index].text):
            found.append(index)
    return found


def _is_list_entry(blocks: Sequence[Block], candidates: Sequence[bool], index: int) -> bool:
    """Whether a marked line has another one next to it: a list, not a heading."""
    return any(
        0 <= other < len(blocks) and candidates[other] and has_list_marker(blocks[other].text)
        for other in (index - 1, index + 1)
    )


def _is_short_line(block: Block) -> bool:
    mark = last_mark(block.text)
    columns = display_width(block.text) if len(block.text) <= _HEADING_COLUMNS else len(block.text)
    limit = _COLON_HEADING_COLUMNS if mark in "：:" else _HEADING_COLUMNS
    ended = mark in "；，、;," or (mark in SENTENCE_ENDS and mark not in "？！?!")
    return block.lines == 1 and columns <= limit and not ended and _has_letter(block.text)


def _has_letter(text: str) -> bool:
    return any(sign.isalpha() for sign in text)


def _markup_outline(content: BlockText, stem: str) -> _Outline:
    """The outline that the markup states: chapters are the headings of the top level with two."""
    headings = [
        (index, block.level)
        for index, block in enumerate(content.blocks)
        if block.kind == "heading"
    ]
    levels = [level for _, level in headings]
    top = min((level for level in levels if levels.count(level) > 1), default=0)
    only_title = [index for index, level in headings if level == 1] if levels.count(1) == 1 else []
    title = content.title or (content.blocks[only_title[0]].text if only_title else stem)
    outline = _Outline(title=title)
    path: list[tuple[int, str]] = []
    for index, level in headings:
        text = content.blocks[index].text
        outline.levels[index] = max(1, level - top + 1) if top else level
        if index in only_title:
            if top:
                del outline.levels[index]
            continue
        path = [(above, title) for above, title in path if above < level] + [(level, text)]
        if level == top:
            outline.chapters.append((index, " > ".join(title for _, title in path)))
    return outline
