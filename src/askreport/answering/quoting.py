"""Answer by quoting: the sentences of the report that answer, whole and in reading order.

Nothing is invented because nothing is written.
"""

import re
from bisect import bisect_right
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from askreport.answering.citations import without_markers
from askreport.answering.comparison import compares
from askreport.answering.listing import announced
from askreport.answering.outline import chapter_asked_in
from askreport.answering.phrases import (
    LISTING,
    OUTLINE,
    SEPARATOR,
    Language,
    Place,
    frame,
    language_of,
)
from askreport.answering.sentences import ranked
from askreport.index import Index, Unit
from askreport.lexical import tokenize
from askreport.retrieval import Found
from askreport.schema import Chapter

COVER_WEIGHT = 10.0  # a sentence that holds all that a comparison still lacks is worth this score
SUMMARY_FACTOR = 2
MARGIN = 2.0  # a further sentence may score this much less: be seven times less likely
_SUMMARISES = re.compile(
    r"总结|概括|概述|归纳|主要观点|\b(?:summar\w*|overview|main points?|key points?)\b",
    re.IGNORECASE,
)
_POINTS_BACK = re.compile(
    r"[“\"'（(]?(?:它|他们|她们|[他她](?!人)|其(?![他中实余次])|前者|后者|两者|二者|此(?!外|次)|该(?!报告)"
    r"|这(?!份报告)|那(?!么)|上述|以上|对此|因此|所以|从而|于是"
    r"|(?:It|They|He|She|This|These|Those|That|Its|Their|His|Her|Such|The (?:former|latter|same))"
    r"\b)"
)
NAMED = 0.7  # of a thing's lexical weight; a sentence that holds this much speaks of the thing
Ranked = Sequence[tuple[int, float]]  # (position, score), best first


@dataclass(frozen=True)
class Quotes:
    """What is quoted, in reading order.

    `items`: how many items are among it of a list that the best sentence announces; `chapters`: the
    quotes are the titles of all chapters.
    """

    units: Sequence[Unit]
    items: int = 0
    chapters: bool = False


@dataclass(frozen=True)
class Side:
    """One of the things that a question compares: its names, the fullest first, and what was found
    for it alone."""

    names: Sequence[str]
    found: Found


def choose(index: Index, found: Found, sides: Sequence[Side], limit: int) -> Quotes:
    """The at most `limit` sentences that answer best.

    A comparison quotes the best sentence for each of its `sides`, then others that speak of what
    these do not; a summary may be twice as long and stays in one chapter, whose title opens it. A
    sentence that only announces ("... in three stages:") brings the items that it announces; these
    count as one with it. One that points back ("It ...") is quoted with the one before it.
    """
    best = _within(index, ranked(index, found), chapter_asked_in(found.query, index.reports))
    if not best:
        return Quotes(())
    if _SUMMARISES.search(found.query):
        chosen = _summary(index, best, SUMMARY_FACTOR * limit)
    elif compares(found.query):
        each = [position for side in sides[:limit] for position in _of_side(index, side)]
        first = _of_all(index, best, sides) + each
        chosen = _complementary(index, found.query, best, first[:limit], limit)
    else:
        chosen = [p for p, score in best[:limit] if score >= best[0][1] - MARGIN]
    lists = {position: announced(index, position) for position in chosen}
    positions = sorted({*chosen, *(item for items in lists.values() for item in items)})
    units = [_standing(index, position, position - 1 in positions) for position in positions]
    return Quotes(units, items=len(lists[chosen[0]]))


def _within(index: Index, best: Ranked, wanted: tuple[int, Chapter] | None) -> Ranked:
    """The sentences of the chapter that is wanted, if any of them is among the best."""
    if wanted is None:
        return best
    report, chapter = wanted
    units = [index.sentences[position] for position, _ in best]
    inside = [
        one
        for one, unit in zip(best, units, strict=True)
        if unit.report == report and chapter.start <= unit.start < chapter.end
    ]
    return inside or best


def _summary(index: Index, best: Ranked, limit: int) -> list[int]:
    """The title of the chapter of the best sentence, and the best sentences of that chapter."""
    chosen = _of_one_chapter(index, best)[: limit - 1]
    unit = index.sentences[best[0][0]]
    chapter = index.reports[unit.report].chapter_at(unit.start)
    if chapter is None:
        return chosen
    title = bisect_right(
        index.sentences, (unit.report, chapter.start), key=lambda u: (u.report, u.start)
    )
    return [max(0, title - 1), *chosen]


def _standing(index: Index, position: int, before_is_quoted: bool) -> Unit:
    """The sentence as a unit that can be understood: with the one before it if it points back."""
    unit = index.sentences[position]
    if position == 0 or before_is_quoted or not _POINTS_BACK.match(index.text(unit)):
        return unit
    before = index.sentences[position - 1]
    if before.report != unit.report:
        return unit
    paragraphs = index.reports[unit.report].paragraphs
    holding = [bisect_right(paragraphs, u.start, key=lambda p: p.start) for u in (before, unit)]
    return Unit(unit.report, before.start, unit.end) if holding[0] == holding[1] else unit


def _of_one_chapter(index: Index, best: Ranked) -> list[int]:
    """The sentences of the chapter of the best one, best first."""

    def chapter(position: int) -> tuple[int, Chapter | None]:
        unit = index.sentences[position]
        return unit.report, index.reports[unit.report].chapter_at(unit.start)

    return [position for position, _ in best if chapter(position) == chapter(best[0][0])]


def _of_side(index: Index, side: Side) -> list[int]:
    """The best sentence that has the fullest name of the side that any has, or else the best."""
    ranking = ranked(index, side.found)
    for name in side.names:
        holds = _holder(index, name)
        for position, _ in ranking:
            if holds(position):
                return [position]
    return [position for position, _ in ranking[:1]]


def _of_all(index: Index, best: Ranked, sides: Sequence[Side]) -> list[int]:
    """The best sentence that names all sides, if it is among the best."""
    holders = [_holder(index, side.names[-1]) for side in sides]
    likely = [position for position, score in best if score >= best[0][1] - MARGIN]
    return [p for p in likely if holders and all(holds(p) for holds in holders)][:1]


def _holder(index: Index, name: str) -> Callable[[int], bool]:
    """Tells whether a sentence holds enough of a name."""
    bm25 = index.lexical("sentences")
    weights = {token: bm25.weight(token) for token in set(tokenize(name))}
    enough = NAMED * sum(weights.values())

    def holds(position: int) -> bool:
        held = weights.keys() & set(tokenize(index.text(index.sentences[position])))
        return sum(weights[token] for token in held) >= enough

    return holds


def _complementary(
    index: Index, question: str, best: Ranked, first: Sequence[int], limit: int
) -> list[int]:
    """`first`, then sentences that together speak of as much of the question as they can (greedy
    cover)."""
    bm25 = index.lexical("sentences")
    wanted = {token: bm25.weight(token) for token in set(tokenize(question)) if bm25.knows(token)}
    holds = {
        p: wanted.keys() & set(tokenize(index.text(index.sentences[p])))
        for p in {*first, *(p for p, _ in best)}
    }
    chosen = list(dict.fromkeys(first))
    covered = set[str]().union(*(holds[p] for p in chosen))

    def value(candidate: tuple[int, float]) -> float:
        position, score = candidate
        gain = sum(wanted[token] for token in holds[position] - covered)
        return score + COVER_WEIGHT * gain / sum(wanted.values())

    while wanted and len(chosen) < min(limit, len(best)):
        position, _ = max((c for c in best if c[0] not in chosen), key=value)
        chosen.append(position)
        covered |= holds[position]
    return chosen or [position for position, _ in best[:limit]]


def render(index: Index, quotes: Quotes, language: Language) -> str:
    """The answer text: the quotes with their markers, neighbours in one paragraph.

    Lists are introduced by how much they hold, quotes in another language than the question's by
    where they stand.
    """
    units = quotes.units
    parts: list[str] = []
    for number, unit in enumerate(units, 1):
        text = f"{without_markers(index.text(unit).strip())}[{number}]"
        together = number > 1 and _neighbours(index, units[number - 2], unit)
        if together:
            parts[-1] += SEPARATOR[language] + text
        else:
            parts.append(text)
    foreign = language_of("".join(index.text(unit) for unit in units)) != language
    if quotes.chapters:
        parts.insert(0, OUTLINE[language].format(count=len(units)))
    elif quotes.items > 1:
        parts.insert(0, LISTING[language].format(count=quotes.items))
    elif foreign:
        parts.insert(0, frame([_place(index, unit) for unit in units], language))
    return "\n\n".join(parts)


def _place(index: Index, unit: Unit) -> Place:
    report = index.reports[unit.report]
    chapter = report.chapter_at(unit.start)
    return chapter.label if chapter else None, report.page_at(unit.start)


def _neighbours(index: Index, first: Unit, second: Unit) -> bool:
    if first.report != second.report:
        return False
    gap = index.reports[first.report].text[first.end : second.start]
    return not gap.strip() and "\n" not in gap
