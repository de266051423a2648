"""Lists of a report: a sentence that announces items ("in three stages:"), and the items."""

import re
import unicodedata

from askreport.answering.sentences import ANNOUNCES
from askreport.index import Index

ITEMS_BEGIN_WITHIN = 3  # sentences after the one that announces them
ITEM_LASTS = 40  # sentences, at most
_ITEM = re.compile(
    r"[\u4e00-\u9fff]{0,2}([(（]?)([0-9]{1,2}|[一二三四五六七八九十])([)）、：:，]|\.(?![0-9])|是|点)"
)
_ENDED = re.compile(r"[。！？.!?：:][”’\"')）]*\s*$")
_Mark = tuple[bool, bool, str]  # in brackets, in Arabic digits, what follows the number


def announced(index: Index, position: int) -> list[int]:
    """Positions of the items that follow a sentence that announces them: 1), 2), 3) and so on.

    All are marked alike, so that a list inside of an item is none of it. Without numbered items
    they are the lines that follow and end without a full stop, as those of a bulleted list do, or
    else the next sentence; nothing for a sentence that announces nothing.
    """
    unit = index.sentences[position]
    if not ANNOUNCES.search(index.text(unit)):
        return []
    chapter = index.reports[unit.report].chapter_at(unit.start)
    items: list[int] = []
    first: _Mark | None = None
    for following in range(position + 1, len(index.sentences)):
        candidate = index.sentences[following]
        same_report = candidate.report == unit.report
        if not same_report or index.reports[unit.report].chapter_at(candidate.start) != chapter:
            break
        number, mark = _ordinal(index.text(candidate))
        if number == len(items) + 1 and mark == (first or mark):
            items.append(following)
            first = mark
        elif following - (items or [position])[-1] >= (ITEM_LASTS if items else ITEMS_BEGIN_WITHIN):
            break
    return items or _lines(index, position) or [*range(position + 1, len(index.sentences))][:1]


def _lines(index: Index, position: int) -> list[int]:
    """The paragraphs of one unended sentence each that follow, if they are two or more."""
    report = index.sentences[position].report
    paragraphs = {(p.start, p.end) for p in index.reports[report].paragraphs}
    lines: list[int] = []
    for following in range(position + 1, min(position + 1 + ITEM_LASTS, len(index.sentences))):
        unit = index.sentences[following]
        is_paragraph = unit.report == report and (unit.start, unit.end) in paragraphs
        if not is_paragraph or _ENDED.search(index.text(unit)):
            break
        lines.append(following)
    return lines if len(lines) > 1 else []


def _ordinal(text: str) -> tuple[int, _Mark | None]:
    """Number and mark that an item begins with ("2）", "（二）", "第二，"); 0 for no item."""
    match = _ITEM.match(text)
    if not match:
        return 0, None
    bracket, digits, after = match.groups()
    is_arabic = digits.isascii()
    number = int(digits) if is_arabic else "一二三四五六七八九十".find(digits) + 1
    after = unicodedata.normalize("NFKC", after)
    return number, (bool(bracket), is_arabic, after if after in ")是点" else ",")
