"""Cut a report into passages, at sentence ends if at all possible.

A passage is what is embedded and retrieved: a plain slice of `report.text`, of at most
`passage_chars` code points, that never crosses a chapter. Order of preference for a cut: the end of
a paragraph, of a sentence, of a clause (，、；,;), and only then between two characters, which is
logged because it hurts retrieval.
"""

import logging
import re
from bisect import bisect_left, bisect_right
from collections.abc import Iterator, Sequence

from askreport.schema import Report, Span

PARAGRAPH_CUT_SHARE = 0.5  # a passage may end early with its paragraph once it is this full

_CLAUSE_END = re.compile(r"[，、；：,;:]\s*")
_log = logging.getLogger(__name__)


def split_passages(report: Report, passage_chars: int) -> list[Span]:
    """Passages of `report` in order; every sentence lies in one, or in a row of them."""
    paragraph_ends = {paragraph.end for paragraph in report.paragraphs}
    heading_ends = {heading.end for heading in report.headings}
    passages: list[Span] = []
    for sentences in _by_chapter(report):
        pieces = [piece for s in sentences for piece in _fit(report.text, s, passage_chars)]
        passages += _pack(pieces, passage_chars, paragraph_ends - heading_ends, heading_ends)
    return passages


def containing(spans: Sequence[Span], offset: int) -> int:
    """Position of the span of an ordered list that holds `offset`, or the one before it."""
    return max(0, bisect_right(spans, offset, key=lambda span: span.start) - 1)


def _by_chapter(report: Report) -> Iterator[Sequence[Span]]:
    borders = [chapter.start for chapter in report.chapters]
    cuts = [bisect_left(report.sentences, border, key=lambda s: s.start) for border in borders]
    for start, end in zip([0, *cuts], [*cuts, len(report.sentences)], strict=True):
        if start < end:
            yield report.sentences[start:end]


def _fit(text: str, sentence: Span, passage_chars: int) -> Iterator[Span]:
    """The sentence, or pieces of it of at most `passage_chars`, cut at clause ends if it can be."""
    start = sentence.start
    while sentence.end - start > passage_chars:
        limit = start + passage_chars
        clause_ends = [match.end() for match in _CLAUSE_END.finditer(text, start + 1, limit)]
        if not clause_ends:
            _log.info("sentence at %d has no clause end within %d characters", start, passage_chars)
        cut = clause_ends[-1] if clause_ends else limit
        yield Span(start, start + len(text[start:cut].rstrip()))
        start = cut
    if start < sentence.end:
        yield Span(start, sentence.end)


def _pack(
    pieces: Sequence[Span], passage_chars: int, paragraph_ends: set[int], heading_ends: set[int]
) -> Iterator[Span]:
    """Join neighbouring pieces into passages; a heading goes with what follows it."""
    first = 0
    while first < len(pieces):
        last = first
        while (
            last + 1 < len(pieces) and pieces[last + 1].end - pieces[first].start <= passage_chars
        ):
            last += 1
        if last + 1 < len(pieces):
            last = _best_cut(pieces, first, last, passage_chars, paragraph_ends, heading_ends)
        yield Span(pieces[first].start, pieces[last].end)
        first = last + 1


def _best_cut(
    pieces: Sequence[Span],
    first: int,
    last: int,
    passage_chars: int,
    paragraph_ends: set[int],
    heading_ends: set[int],
) -> int:
    enough = pieces[first].start + PARAGRAPH_CUT_SHARE * passage_chars
    for cut in range(last, first - 1, -1):
        if pieces[cut].end in paragraph_ends and pieces[cut].end >= enough:
            return cut
    while last > first and pieces[last].end in heading_ends:
        last -= 1
    return last
