"""Questions about the report as a whole, or about a chapter: its outline answers, or key sentences.

A key sentence of a chapter is one whose meaning is near that of the chapter's sentences together
(the centroid method of Radev et al. 2004, on sentence embeddings).
"""

import re
from collections.abc import Iterator, Sequence

import numpy as np

from askreport.answering.ordinals import chapter_number_in, number_asked_for
from askreport.index import Index, Unit
from askreport.reading.numbering import numbered_label
from askreport.schema import Chapter, Report

_WHOLE = r"(?:报告|全文|文章|文档|本文|全书)"
_PART = r"(?:内容|主题|话题|方面|部分|章节?|趋势|要点|观点|领域|方向|东西)"
_WHOLE_REPORT = re.compile(
    rf"^(?:请问)?(?:这份|这篇|整份|该|本)?{_WHOLE}(?:一共|总共|主要|都|里面?|中|到底|究竟|大概)*"
    rf"(?:讲|说|谈|写|介绍|包含|包括|涉及|提出|提到|列出|分)[了到成为]*"
    rf"(?:些?什么|(?:哪|什么|几|多少)[些几大个章十]*{_PART})[呢？?。]*$"
    rf"|^(?:请问)?(?:这份|这篇|整份|该|本)?{_WHOLE}的?(?:目录|大纲|章节|主要内容|结构|主题)"
    rf"|^(?:请|帮我|请帮我)?(?:总结|概括|概述)(?:一下)?(?:这份|这篇|整个|整份|全部|该|本)?{_WHOLE}[。？?！!]*$"
    r"|what (?:is|does) (?:this|the) (?:report|document) (?:about|cover|contain|say)[?.]*$"
    r"|(?:outline|table of contents|summar\w*(?: of)?|overview of|chapters (?:of|in)) "
    r"(?:this |the )?(?:whole |entire )?(?:report|document)[?.!]*$"
    r"|(?:which|what|list)(?: all)?(?: the)? (?:\w+ ){0,2}(?:chapters|topics|trends|sections)"
    r" (?:does|are|is|of|in|do) (?:\w+ ){0,3}(?:report|document)(?: \w+)?[?.!]*$",
    re.IGNORECASE,
)
_ABOUT = re.compile(
    r"总结|概括|概述|归纳|主要内容|要点|(?:讲|说|谈|写|介绍)了?(?:些)?什么"
    r"|\b(?:summar\w*|overview|main points?|key points?)\b|\b(?:about|cover)\W*$",
    re.IGNORECASE,
)
_RANK = re.compile(r"[名位]|\bplace\b", re.IGNORECASE)
_SHORT_CHARS = 12  # a shorter sentence says too little to stand for a chapter


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


def chapter_asked_about(question: str, reports: Sequence[Report]) -> tuple[int, Chapter] | None:
    """Report and chapter that `question` wants summed up, named by its label or its number.

    A label or a title alone asks for that, too.
    """
    nth = number_asked_for(question)
    if nth is not None and len(reports) == 1 and (chapter := _nth(question, nth, reports[0])):
        return 0, chapter
    for number, chapter, rest in _named(question, reports):
        is_bare = not any(map(str.isalnum, rest)) or question.strip() == chapter.title
        if is_bare or _ABOUT.search(rest):
            return number, chapter
    return None


def chapter_asked_in(question: str, reports: Sequence[Report]) -> tuple[int, Chapter] | None:
    """Report and chapter that `question` wants looked up: the one whose numbered label, or number,
    it names."""
    nth = chapter_number_in(question)
    if nth is not None and len(reports) == 1 and (chapter := _nth(question, nth, reports[0])):
        return 0, chapter
    named = [(n, chapter) for n, chapter, _ in _named(question, reports)]
    numbered = [(n, chapter) for n, chapter in named if numbered_label(chapter.label)]
    return numbered[0] if len(numbered) == 1 else None


def _named(question: str, reports: Sequence[Report]) -> Iterator[tuple[int, Chapter, str]]:
    """Report and chapter of each label in `question`, the longest first, and the question without
    it."""
    lowered = question.lower()
    found = [
        (number, chapter)
        for number, report in enumerate(reports)
        for chapter in report.chapters
        if len(report.chapters) > 1 and chapter.label.lower() in lowered
    ]
    for number, chapter in sorted(found, key=lambda one: -len(one[1].label)):
        label = rf"(?<![0-9A-Za-z]){re.escape(chapter.label)}(?![0-9A-Za-z])"
        rest, count = re.subn(label, "", question, flags=re.IGNORECASE)
        if count:
            yield number, chapter, rest


def _nth(question: str, nth: int, report: Report) -> Chapter | None:
    """The chapter that bears the number, else the one at that place if none bears any.

    A rank ("第二名") is no place in a report whose chapters are not numbered.
    """
    labels = [numbered_label(chapter.title) for chapter in report.chapters]
    numbers = [label.number if label else None for label in labels]
    if nth in numbers:
        return report.chapters[numbers.index(nth)]
    if any(numbers) or _RANK.search(question) or not 1 < len(report.chapters) >= nth:
        return None
    return report.chapters[nth - 1]


def key_sentences(index: Index, report: int, chapter: Chapter, limit: int) -> list[Unit]:
    """The title of a chapter and its `limit` key sentences, in reading order."""
    headings = {heading.start for heading in index.reports[report].headings}
    inside = [
        position
        for position, unit in enumerate(index.sentences)
        if unit.report == report and chapter.start <= unit.start < chapter.end
    ]
    told = [
        position
        for position in inside
        if index.sentences[position].start not in headings
        and len(index.text(index.sentences[position])) >= _SHORT_CHARS
    ]
    if not told:
        return [index.sentences[position] for position in inside[:1]]
    vectors = index.vectors("sentences", told)
    nearest = np.argsort(-(vectors @ vectors.mean(axis=0)), kind="stable")[:limit]
    chosen = sorted(told[n] for n in nearest)
    return [index.sentences[position] for position in [*inside[:1], *chosen]]
