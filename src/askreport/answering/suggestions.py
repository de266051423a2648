"""Questions that lead on from an answer: what its chapter and the chapters around it can tell.

By rule, from the report alone. They are of the same kinds as the example questions, which name what
a sentence of the report defines or what a chapter is about; so the report has an answer to each.
"""

from collections.abc import Collection, Iterator, Sequence
from dataclasses import replace

from askreport.answering.examples import example_questions
from askreport.schema import Answer, Chapter, Report

PER_CHAPTER = 2
CHAPTERS_LOOKED_AT = 5  # the nearest ones; a long report must not make an answer wait


def next_questions(
    reports: Sequence[Report], answer: Answer, asked: Collection[str], count: int = 3
) -> list[str]:
    """At most `count` questions, nearest to what `answer` cites first, none of them in `asked`."""
    chosen: list[str] = []
    by_name = {report.name: report for report in reports}
    places = [(cited.report, cited.start) for cited in answer.citations or answer.passages]
    name, start = next((place for place in places if place[0] in by_name), ("", 0))
    report = by_name.get(name)
    if report is None:
        chosen = example_questions(reports)
    else:
        for chapter in _nearest_chapters(report, start):
            part = _without_cited(_part(report, chapter), answer)
            questions = [q for q in example_questions([part]) if q not in asked]
            chosen += questions[: PER_CHAPTER if chapter else count]
            if len(chosen) >= count:
                break
    return [question for question in dict.fromkeys(chosen) if question not in asked][:count]


def _nearest_chapters(report: Report, offset: int) -> Iterator[Chapter | None]:
    """The chapter that holds `offset`, the next ones, the ones before; `None`: the report has no
    chapters."""
    if not report.chapters:
        yield None
        return
    here = report.chapter_at(offset)
    first = report.chapters.index(here) if here is not None else 0
    numbers = sorted(range(len(report.chapters)), key=lambda n: (abs(n - first), -n))
    for number in numbers[:CHAPTERS_LOOKED_AT]:
        yield report.chapters[number]


def _part(report: Report, chapter: Chapter | None) -> Report:
    if chapter is None:
        return report
    inside = tuple(
        sentence
        for sentence in report.sentences
        if chapter.start <= sentence.start and sentence.end <= chapter.end
    )
    return replace(report, chapters=(chapter,), sentences=inside)


def _without_cited(report: Report, answer: Answer) -> Report:
    """The report without the sentences that the reader has just read."""
    read = {(cited.start, cited.end) for cited in answer.citations if cited.report == report.name}
    unread = tuple(s for s in report.sentences if (s.start, s.end) not in read)
    return replace(report, sentences=unread)
