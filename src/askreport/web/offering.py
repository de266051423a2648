"""Questions that the page offers, in the language of the interface.

In the language of a report they are made of its own words (`answering.examples`, `.suggestions`).
A reader of the other language could not read those; he is offered frames of ours (strings.py)
around what he can read and the report holds: the labels of its chapters, and names in Latin letters
or with numbers that a chapter keeps coming back to. So each is about something that stands there.
"""

import re
from collections import Counter
from collections.abc import Collection, Iterator, Sequence
from typing import Final

from askreport.answering.suggestions import next_questions
from askreport.schema import Answer, Chapter, Report
from askreport.web.markup import text_language
from askreport.web.strings import Strings

FIRST: Final = 6
NEXT: Final = 3
NAMED_CHAPTERS: Final = 3  # of the first questions; the others are about whole chapters
NAME_CHARS: Final = (3, 30)
TIMES_NAMED: Final = 2  # a name that comes once is likely to be in passing
CHAPTER_CHARS: Final = 60_000  # looked at; a long report must not make an answer wait

_WORD: Final = r"[A-Za-z0-9]+(?:[-+.][A-Za-z0-9]+)*"
# Words that begin with a capital letter. English text is full of these, so there it takes two.
_NAMES: Final = {
    "zh": re.compile(rf"(?<![A-Za-z0-9.@/_&-])(?=[A-Z]){_WORD}(?: (?=[A-Z]){_WORD})*"),
    "en": re.compile(rf"(?<![A-Za-z0-9.@/_&-])(?=[A-Z]{{2}}){_WORD}"),
}
_READABLE: Final = re.compile(r"[A-Za-z0-9 .-]+")


def first_questions(
    reports: Sequence[Report], strings: Strings, own: Sequence[str]
) -> Sequence[str]:
    """Questions to begin with: `own`, which are in the language of the reports, or frames."""
    if not reports or not all(_is_foreign(report, strings) for report in reports):
        return own
    chosen = [strings.frames["report"]] if any(report.chapters for report in reports) else []
    named = [
        (report, chapter, names[0])
        for report in reports
        for chapter in report.chapters
        if (names := _names(report, chapter))
    ]
    step = max(1, len(named) // NAMED_CHAPTERS)
    picked = named[::step][:NAMED_CHAPTERS]
    chosen += [strings.frames["name"].format(name=name) for _, _, name in picked]
    taken = {chapter for _, chapter, _ in picked}
    for report in reports:
        chosen += _whole([one for one in report.chapters if one not in taken], strings)
    return list(dict.fromkeys(chosen))[:FIRST]


def following_questions(
    reports: Sequence[Report], answer: Answer, asked: Collection[str], strings: Strings
) -> Sequence[str]:
    """At most `NEXT` questions to go on with, nearest to what `answer` cites, none in `asked`."""
    places = [(cited.report, cited.start) for cited in answer.citations or answer.passages]
    by_name = {report.name: report for report in reports}
    name, start = next((place for place in places if place[0] in by_name), ("", 0))
    report = by_name.get(name)
    if report is None or not _is_foreign(report, strings):
        return next_questions(reports, answer, asked, NEXT)
    chosen: list[str] = []
    for chapter in _onwards(report, start):
        told = answer.answer.casefold()
        names = [name for name in _names(report, chapter) if name.casefold() not in told]
        questions = [strings.frames["name"].format(name=name) for name in names[:1]]
        questions += _whole([chapter], strings) if len(report.chapters) > 1 else []
        chosen += [question for question in questions if question not in asked]
        if len(chosen) >= NEXT:
            break
    return list(dict.fromkeys(chosen))[:NEXT]


def _is_foreign(report: Report, strings: Strings) -> bool:
    language = text_language(report.text)
    return language in _NAMES and language != strings.code.split("-")[0]


def _onwards(report: Report, offset: int) -> Iterator[Chapter]:
    """The chapter that holds `offset`, then the next ones, round to those before."""
    here = report.chapter_at(offset)
    first = report.chapters.index(here) if here is not None else 0
    yield from report.chapters[first:]
    yield from report.chapters[:first]


def _whole(chapters: Sequence[Chapter], strings: Strings) -> list[str]:
    """Questions about those chapters that have a label which every reader can read."""
    labels = [chapter.label for chapter in chapters if _READABLE.fullmatch(chapter.label)]
    return [strings.frames["chapter"].format(label=label) for label in labels]


def _names(report: Report, chapter: Chapter) -> list[str]:
    """Names that are this chapter's own, the most frequent first, each in one spelling."""
    text = report.text[chapter.start : min(chapter.end, chapter.start + CHAPTER_CHARS)]
    counts = Counter(_NAMES[text_language(report.text)].findall(text))
    shortest, longest = NAME_CHARS
    spelled: dict[str, str] = {}
    for name, _ in counts.most_common():
        spelled.setdefault(name.casefold(), name)
    return [
        name
        for name, count in counts.most_common()
        if count >= TIMES_NAMED
        and shortest <= len(name) <= longest
        and spelled[name.casefold()] == name
        and name != chapter.label
        and 2 * count >= report.text.count(name)
    ]
