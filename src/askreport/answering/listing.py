"""Lists of a report: a sentence that announces items ("in three stages:"), and the items."""

import re

from askreport.answering.sentences import ANNOUNCES
from askreport.index import Index

ITEMS_BEGIN_WITHIN = 3  # sentences after the one that announces them
_ITEM = re.compile(
    r"[\u4e00-\u9fff]{0,2}[(（]?([0-9]{1,2}|[一二三四五六七八九十])(?:[)）.、：:，]|是|点)"
)


def announced(index: Index, position: int) -> list[int]:
    """Positions of the items that follow a sentence that announces them: 1), 2), 3) and so on.

    Without numbered items it is the next sentence; nothing for a sentence that announces nothing.
    """
    unit = index.sentences[position]
    if not ANNOUNCES.search(index.text(unit)):
        return []
    chapter = index.reports[unit.report].chapter_at(unit.start)
    items: list[int] = []
    for following in range(position + 1, len(index.sentences)):
        candidate = index.sentences[following]
        same_report = candidate.report == unit.report
        if not same_report or index.reports[unit.report].chapter_at(candidate.start) != chapter:
            break
        if _ordinal(index.text(candidate)) == len(items) + 1:
            items.append(following)
        elif not items and following - position >= ITEMS_BEGIN_WITHIN:
            break
    following = position + 1
    if not items and following < len(index.sentences):
        items = [following]
    return items


def _ordinal(text: str) -> int | None:
    """The number that an item begins with: "2）...", "（二）...", "第二，..."."""
    match = _ITEM.match(text)
    if not match:
        return None
    digits = match[1]
    return int(digits) if digits.isascii() else "一二三四五六七八九十".find(digits) + 1
