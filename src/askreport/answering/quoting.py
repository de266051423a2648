"""Answer by quoting: the sentences of the report that answer, whole and in reading order.

Nothing is invented because nothing is written. A sentence is judged by what it shares with the
question in words and meaning, by the passage that it stands in, and by whether it holds the kind of
thing that was asked for (a number, a date, an amount, a reason).
"""

import re
from collections.abc import Sequence

import numpy as np

from askreport.answering.citations import without_markers
from askreport.answering.phrases import FRAME, OUTLINE, SEPARATOR, Language
from askreport.index import Index, Unit
from askreport.retrieval import Found, Scores, standardize
from askreport.schema import Report

PASSAGE_WEIGHT = 1.0  # a sentence inherits this much of its passage's standard score
KIND_BONUS = 1.0  # for holding the kind of thing that was asked for
MARGIN = 6.0  # further sentences may score this much less than the first
CANDIDATES = 100  # sentences that are looked at for what they hold
SHORT_CHARS = 8  # a sentence this short holds no answer of its own
SHORT_PENALTY = 3.0
ITEMS_BEGIN_WITHIN = 3  # sentences after the one that announces them

# What a question asks for, and what a sentence must hold to answer it.
_KINDS = (
    (
        re.compile(
            r"多少|几|百分之|比例|占比|how (many|much|large|big|far|long|fast)|percentage", re.I
        ),
        re.compile(
            r"\d|[一二三四五六七八九十百千万亿]{2}|[几两数][个条家支颗种项年月天十百千万亿]"
        ),
    ),
    (
        re.compile(
            r"什么时候|何时|哪一?[年天月日]|几[月号日]|\bwhen\b|what (year|date|day|month)", re.I
        ),
        re.compile(r"\d+ ?[年月日]|\b(19|20)\d\d\b|世纪|年代"),
    ),
    (
        re.compile(r"为什么|为何|原因|怎么会|\bwhy\b|reason", re.I),
        re.compile(
            r"因为|由于|因此|所以|之所以|原因|得益于|在于|导致|使得|because|due to|since|therefore",
            re.I,
        ),
    ),
    (
        re.compile(
            r"哪些|哪[几两三四五六七八九十]|列出|分别|有什么|包括什么|which .*s\b|list|what are",
            re.I,
        ),
        re.compile(
            r"、.*、|包括|分为|，.*，.*和|(一|首先).*(二|其次)|[(（]?1[)）.]|, .* and ", re.I
        ),
    ),
    (
        re.compile(r"是什么|什么是|什么叫|指的?是|what (is|are)\b|define|meaning of", re.I),
        re.compile(r"是指|指的?是|是一|称为|定义|\bis an?\b|refers to", re.I),
    ),
)
_ANNOUNCES = re.compile(r"[：:]$")
_ITEM = re.compile(
    r"[\u4e00-\u9fff]{0,2}[(（]?([0-9]{1,2}|[一二三四五六七八九十])(?:[)）.、：:，]|是|点)"
)
_WHOLE = r"(?:报告|全文|文章|文档|本文|全书)"
_PART = r"(?:内容|主题|话题|方面|部分|章节?|趋势|要点|观点|领域|方向|东西)"
_WHOLE_REPORT = re.compile(
    rf"{_WHOLE}(?:一共|总共|主要|都|里面?|中|到底|究竟|大概)*"
    rf"(?:讲|说|谈|写|介绍|包含|包括|涉及|提出|提到|列出|分)[了到成为]*"
    rf"(?:些?什么|(?:哪|什么|几|多少)[些几大个章十]*{_PART})[呢？?。]*$"
    rf"|{_WHOLE}的?(?:目录|大纲|章节|主要内容|结构|主题)"
    rf"|(?:总结|概括|概述)(?:一下)?(?:这份|这篇|整个|整份|全部|该|本)?{_WHOLE}[。？?！!]*$"
    r"|what (?:is|does) (?:this|the) (?:report|document) (?:about|cover|contain|say)[?.]*$"
    r"|(?:outline|table of contents|summar\w*(?: of)?|overview of|chapters (?:of|in)) "
    r"(?:this |the )?(?:whole |entire )?(?:report|document)[?.!]*$"
    r"|(?:which|what|list)(?: all)?(?: the)? (?:\w+ ){0,2}(?:chapters|topics|trends|sections)"
    r" (?:does|are|is|of|in|do) (?:\w+ ){0,3}(?:report|document)",
    re.IGNORECASE,
)


def asks_for_outline(question: str) -> bool:
    """Whether `question` is about the report as a whole, which only its outline answers."""
    return _WHOLE_REPORT.search(question.strip()) is not None


def outline(reports: Sequence[Report]) -> list[Unit]:
    """The chapter titles of all reports in order."""
    return [
        Unit(number, heading.start, heading.end)
        for number, report in enumerate(reports)
        for heading in report.headings
        if heading.level == 1
    ]


def sentence_scores(index: Index, found: Found) -> Scores:
    """How well each sentence of the index answers, shape (m,); comparable within one question
    only."""
    passages = standardize(found.passages)
    scores = found.sentences + PASSAGE_WEIGHT * passages[index.sentence_passage]
    wanted = [holds for asks, holds in _KINDS if asks.search(found.query)]
    for position in np.argsort(-scores)[:CANDIDATES]:
        text = index.text(index.sentences[position])
        scores[position] += KIND_BONUS * sum(holds.search(text) is not None for holds in wanted)
        if len(text) < SHORT_CHARS:
            scores[position] -= SHORT_PENALTY
    return scores


def choose(index: Index, found: Found, limit: int) -> list[Unit]:
    """The at most `limit` sentences that answer best, in reading order.

    A sentence that only announces ("... in three stages:") brings the items that it announces;
    these count as one with it.
    """
    scores = sentence_scores(index, found)
    order = np.argsort(-scores, kind="stable")[:limit]
    chosen: set[int] = set()
    for position in order:
        if scores[position] >= scores[order[0]] - MARGIN:
            chosen.add(int(position))
            chosen.update(_announced(index, int(position)))
    return [index.sentences[position] for position in sorted(chosen)]


def _announced(index: Index, position: int) -> list[int]:
    """Positions of the items that follow a sentence that announces them: 1), 2), 3) and so on.

    Without numbered items it is the next sentence; nothing for a sentence that announces nothing.
    """
    unit = index.sentences[position]
    if not _ANNOUNCES.search(index.text(unit)):
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
    """The answer text: the quotes with their markers, neighbours in one paragraph."""
    parts: list[str] = []
    for number, unit in enumerate(units, 1):
        text = f"{without_markers(index.text(unit).strip())}[{number}]"
        together = number > 1 and _neighbours(index, units[number - 2], unit)
        if together:
            parts[-1] += SEPARATOR[language] + text
        else:
            parts.append(text)
    frame = OUTLINE[language].format(count=len(units)) if whole else FRAME[language]
    return "\n\n".join([frame, *parts] if frame else parts)


def _neighbours(index: Index, first: Unit, second: Unit) -> bool:
    if first.report != second.report:
        return False
    gap = index.reports[first.report].text[first.end : second.start]
    return not gap.strip() and "\n" not in gap
