"""Pages, and what is printed on every page: running lines, page numbers, publisher's marks.

Furniture is told by its place and by repetition, never by its words: it stands within three lines
of a page's edge, returns from page to page, counts the pages, or is set far to the right. A page
begins at a form feed; in text out of a PDF also at a line that begins with one space, and after a
running foot.
"""

import re
from collections import Counter, defaultdict
from itertools import pairwise
from statistics import mean, pstdev

from askreport.reading.characters import ends_sentence
from askreport.reading.lines import NEAR_FULL, Layout, Line
from askreport.reading.numbering import numbered_label

_EDGE_LINES = 3  # running lines stand this near to the edge of a page
_EDGE_SHARE = 0.6  # of the places of a repeated line, for it to be furniture
_REPEATS = 3  # places that a running line has at the least; 2 in a file of up to 3 pages
_MARKED_SHARE = 0.2  # a single space before more lines than this marks no pages
_DEEP_INDENT = 0.5  # of the full width: a line that begins there is set to the right
_PAGE_LINES = (10, 120)  # lines from one running line to the next where nothing else marks pages
_EVEN_SPACING = 0.35  # standard deviation over mean of those distances, at most
_CUTS_TEXT = 0.25  # of those places must break a sentence
_DIGITS = re.compile("[0-9]+")
_PAGE_NUMBER = re.compile(
    r"(?:第 ?|[Pp]age |[Pp]\. ?|[-–—·~] ?)?([0-9]{1,4})(?: ?页| ?[-–—·~])?"
    r"(?:(?: ?/ ?| of |，?共 ?)[0-9]{1,4}(?: ?页)?)?"
)


def set_pages(lines: list[Line], layout: Layout) -> list[Line]:
    """The lines without furniture, each with the number of pages that begin right before it.

    Where all would be furniture, nothing is. No line has a page break in a file without page marks.
    """
    starts = _marked_starts(lines, layout)
    footers, headers = _running_lines(lines, starts, layout)
    lone = _page_numbers(lines, starts, footers | headers) | _set_right(lines, starts, layout)
    furniture = footers | headers | lone
    if len(furniture) == len(lines):
        return lines
    form_feeds = any(line.form_feeds for line in lines)
    kept: list[Line] = []
    breaks = body = 0
    seen: set[str] = set()
    for index, line in enumerate(lines):
        if form_feeds:
            breaks += line.form_feeds
        elif index in starts:
            breaks, body, seen = breaks + bool(seen or body), 0, set()
        elif index in headers and body:
            breaks, body, seen = breaks + 1, 0, set()
        if index in footers and not form_feeds:
            breaks, body = breaks + (line.text in seen), 0 if line.text in seen else body
            seen = {line.text} if line.text in seen else seen | {line.text}
        if index in furniture:
            continue
        if seen:
            breaks, body, seen = breaks + 1, 0, set()
        line.page_breaks, breaks, body = breaks, 0, body + 1
        kept.append(line)
    return kept


def _marked_starts(lines: list[Line], layout: Layout) -> set[int]:
    """Indexes of the lines that begin a page by a mark of their own."""
    if any(line.form_feeds for line in lines):
        return {index for index, line in enumerate(lines) if line.form_feeds}
    if not layout.double_spaced:
        return set()
    starts = {index for index, line in enumerate(lines) if line.indent == 1}
    return starts if len(starts) <= _MARKED_SHARE * len(lines) else set()


def _edge_distance(lines: list[Line], starts: set[int]) -> list[tuple[int, int, int]]:
    """For each line: its page, lines before it on that page, lines after it."""
    bounds = sorted(starts | {0, len(lines)})
    return [
        (page, index - first, end - index - 1)
        for page, (first, end) in enumerate(pairwise(bounds))
        for index in range(first, end)
    ]


def _running_lines(
    lines: list[Line], starts: set[int], layout: Layout
) -> tuple[set[int], set[int]]:
    """Indexes of running feet and of running heads."""
    places: defaultdict[str, list[int]] = defaultdict(list)
    for index, line in enumerate(lines):
        if line.width <= layout.full_width:
            places[_DIGITS.sub("#", line.text)].append(index)
    footers: set[int] = set()
    headers: set[int] = set()
    edges = _edge_distance(lines, starts)
    pages = len(starts | {0})
    marked = pages > 1
    for indexes in places.values():
        if len(indexes) < (2 if marked and pages <= 3 else _REPEATS):
            continue
        if not _is_counting_or_same([lines[index].text for index in indexes]):
            continue
        if marked:
            place = _place_at_edges(indexes, edges, lines)
        else:
            place = _place_by_spacing(indexes, lines, layout)
        (footers if place == "foot" else headers if place == "head" else set()).update(indexes)
    return footers, headers


def _is_counting_or_same(texts: list[str]) -> bool:
    """Whether repeated lines are all equal, or differ in one number that grows with the pages."""
    if len(set(texts)) == 1:
        return True
    if numbered_label(texts[0]) and not _PAGE_NUMBER.fullmatch(texts[0]):
        return False
    rows = [[int(digits[-18:]) for digits in _DIGITS.findall(text)] for text in texts]
    changing = [column for column in zip(*rows, strict=True) if len(set(column)) > 1]
    return len(changing) == 1 and all(
        0 < following - number <= 2 for number, following in pairwise(changing[0])
    )


def _place_at_edges(
    indexes: list[int], edges: list[tuple[int, int, int]], lines: list[Line]
) -> str | None:
    if lines[indexes[0]].text[-1] in "。！？；，、" or len({edges[i][0] for i in indexes}) < 2:
        return None
    heads = sum(edges[index][1] < _EDGE_LINES for index in indexes)
    feet = sum(edges[index][2] < _EDGE_LINES for index in indexes)
    if max(heads, feet) < _EDGE_SHARE * len(indexes):
        return None
    return "foot" if feet >= heads else "head"


def _place_by_spacing(indexes: list[int], lines: list[Line], layout: Layout) -> str | None:
    distances = [following - index for index, following in pairwise(indexes)]
    low, high = _PAGE_LINES
    if not layout.wrapped or not low <= mean(distances) <= high:
        return None
    if pstdev(distances) > _EVEN_SPACING * mean(distances):
        return None
    cuts = sum(
        index > 0
        and lines[index - 1].width >= NEAR_FULL * layout.full_width
        and not ends_sentence(lines[index - 1].text)
        for index in indexes
    )
    if cuts < _CUTS_TEXT * len(indexes):
        return None
    return "head" if indexes[0] < _EDGE_LINES else "foot"


def _page_numbers(lines: list[Line], starts: set[int], running: set[int]) -> set[int]:
    """Indexes of printed page numbers: alone on a line at a page's edge, and counting the pages."""
    found: list[tuple[int, int]] = []
    for page, (first, end) in enumerate(pairwise(sorted(starts | {0, len(lines)}))):
        inner = [index for index in range(first, end) if index not in running]
        for index in {*inner[:1], *inner[-1:]}:
            number = _PAGE_NUMBER.fullmatch(lines[index].text)
            if number:
                found.append((index, int(number[1]) - page))
    if not starts - {0}:
        return set()
    offsets = Counter(offset for _, offset in found)
    return {
        index
        for index, offset in found
        if offsets[offset] > 1 or (index in starts and 0 <= offset <= _EDGE_LINES)
    }


def _set_right(lines: list[Line], starts: set[int], layout: Layout) -> set[int]:
    """Indexes of lines next to a page break, not on the first page, that begin far to the right."""
    if not starts - {0}:
        return set()
    edges = _edge_distance(lines, starts)
    last_page = edges[-1][0]
    return {
        index
        for index, line in enumerate(lines)
        if line.indent >= _DEEP_INDENT * layout.full_width > 0
        and (
            (edges[index][1] < _EDGE_LINES and edges[index][0] > 0)
            or (edges[index][2] < _EDGE_LINES and edges[index][0] < last_page)
        )
    }
