"""Answer by quoting: the sentences of the report that answer, whole and in reading order.

Nothing is invented because nothing is written.
"""

import re
from collections.abc import Sequence

from askreport.answering.citations import without_markers
from askreport.answering.phrases import FRAME, OUTLINE, SEPARATOR, Language, language_of
from askreport.answering.sentences import ANNOUNCES, ranked
from askreport.index import Index, Unit
from askreport.lexical import tokenize
from askreport.retrieval import Found
from askreport.schema import Chapter

COVER_WEIGHT = 10.0  # a sentence that holds all that a comparison still lacks is worth this score
SUMMARY_FACTOR = 2
MARGIN = 2.0  # a further sentence may score this much less: be seven times less likely
ITEMS_BEGIN_WITHIN = 3  # sentences after the one that announces them
_COMPARES = re.compile(
    r"分别|各自?[有是为占]|各是|相比|比较|对比|哪个更|哪一个更|区别|不同|"
    r"\b(?:compare|compared|versus|vs|respectively|difference|each)\b",
    re.IGNORECASE,
)
_SUMMARISES = re.compile(
    r"总结|概括|概述|归纳|主要观点|\b(?:summar\w*|overview|main points?|key points?)\b",
    re.IGNORECASE,
)
Ranked = Sequence[tuple[int, float]]  # (position, score), best first
_ITEM = re.compile(
    r"[\u4e00-\u9fff]{0,2}[(（]?([0-9]{1,2}|[一二三四五六七八九十])(?:[)）.、：:，]|是|点)"
)


def choose(index: Index, found: Found, limit: int) -> list[Unit]:
    """The at most `limit` sentences that answer best, in reading order.

    A comparison takes sentences that speak of what the ones before them do not; a summary may be
    twice as long and stays in one chapter. A sentence that only announces ("... in three stages:")
    brings the items that it announces; these count as one with it.
    """
    best = ranked(index, found)
    if _SUMMARISES.search(found.query):
        chosen = _of_one_chapter(index, best)[: SUMMARY_FACTOR * limit]
    elif _COMPARES.search(found.query):
        chosen = _complementary(index, found.query, best, limit)
    else:
        chosen = [p for p, score in best[:limit] if score >= best[0][1] - MARGIN]
    announced = [item for position in chosen for item in _announced(index, position)]
    return [index.sentences[position] for position in sorted({*chosen, *announced})]


def _of_one_chapter(index: Index, best: Ranked) -> list[int]:
    """The sentences of the chapter of the best one, best first."""

    def chapter(position: int) -> tuple[int, Chapter | None]:
        unit = index.sentences[position]
        return unit.report, index.reports[unit.report].chapter_at(unit.start)

    return [position for position, _ in best if chapter(position) == chapter(best[0][0])]


def _complementary(index: Index, question: str, best: Ranked, limit: int) -> list[int]:
    """Sentences that together speak of as much of the question as they can (greedy cover)."""
    bm25 = index.lexical("sentences")
    wanted = {token: bm25.weight(token) for token in set(tokenize(question)) if bm25.knows(token)}
    holds = {p: wanted.keys() & set(tokenize(index.text(index.sentences[p]))) for p, _ in best}
    chosen: list[int] = []
    covered: set[str] = set()

    def value(candidate: tuple[int, float]) -> float:
        position, score = candidate
        gain = sum(wanted[token] for token in holds[position] - covered)
        return score + COVER_WEIGHT * gain / sum(wanted.values())

    while wanted and len(chosen) < min(limit, len(best)):
        position, _ = max((c for c in best if c[0] not in chosen), key=value)
        chosen.append(position)
        covered |= holds[position]
    return chosen or [position for position, _ in best[:limit]]


def _announced(index: Index, position: int) -> list[int]:
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


def render(index: Index, units: Sequence[Unit], language: Language, *, whole: bool = False) -> str:
    """The answer text: the quotes with their markers, neighbours in one paragraph.

    Quotes in another language than the question's are introduced in the question's.
    """
    parts: list[str] = []
    for number, unit in enumerate(units, 1):
        text = f"{without_markers(index.text(unit).strip())}[{number}]"
        together = number > 1 and _neighbours(index, units[number - 2], unit)
        if together:
            parts[-1] += SEPARATOR[language] + text
        else:
            parts.append(text)
    foreign = language_of("".join(index.text(unit) for unit in units)) != language
    frame = FRAME[language] if foreign else ""
    if whole:
        frame = OUTLINE[language].format(count=len(units))
    return "\n\n".join([frame, *parts] if frame else parts)


def _neighbours(index: Index, first: Unit, second: Unit) -> bool:
    if first.report != second.report:
        return False
    gap = index.reports[first.report].text[first.end : second.start]
    return not gap.strip() and "\n" not in gap
