"""Questions to begin with, made from the report: its outline, its definitions, its chapters."""

import re
from collections.abc import Iterator, Sequence

from askreport.answering.phrases import Language, language_of
from askreport.schema import Report

_OUTLINE = {"zh": "这份报告讲了哪些内容？", "en": "What does this report cover?"}
_DEFINITION = {"zh": "什么是{subject}？", "en": "What is {subject}?"}
_TOPIC = {"zh": "关于{subject}，报告说了什么？", "en": "What does the report say about {subject}?"}
_DEFINES = {
    "zh": re.compile(r"^([^，。、：；（(“”\s]{2,12})(?:[（(][^）)]{1,40}[）)])?，?是指"),
    "en": re.compile(
        r"^(?:An? |The )?([A-Za-z][A-Za-z \-]{2,30}?) (?:is defined as|refers to|means) "
    ),
}
_LABEL = re.compile(r"^[A-Za-z]*\s*\d+[：:.、]\s*|^第.{1,4}[章节部分]+[：:\s]*")
_CLAUSE_END = re.compile(r"[，,：:；;。！？!?—]")
_SUBJECT_CHARS = (2, 24)


def example_questions(reports: Sequence[Report], count: int = 6) -> list[str]:
    """At most `count` different questions that the reports can answer, for a first-time reader."""
    chosen: list[str] = []
    for report in reports:
        language = language_of(report.text)
        if len(report.chapters) > 1:
            chosen.append(_OUTLINE[language])
        definitions = [_DEFINITION[language].format(subject=s) for s in _defined(report, language)]
        topics = [_TOPIC[language].format(subject=subject) for subject in _topics(report)]
        definitions = definitions[: count // 3]
        room = max(1, count - len(chosen) - len(definitions))
        chosen += definitions + topics[:: max(1, -(-len(topics) // room))]
    return list(dict.fromkeys(chosen))[:count]


def _defined(report: Report, language: Language) -> Iterator[str]:
    for sentence in report.sentences:
        match = _DEFINES[language].match(report.text[sentence.start : sentence.end])
        if match:
            yield match[1].strip()


def _topics(report: Report) -> Iterator[str]:
    """What each chapter is about: its title up to the first clause end, without its label."""
    for chapter in report.chapters:
        subject = _CLAUSE_END.split(_LABEL.sub("", chapter.title))[0].strip()
        if _SUBJECT_CHARS[0] <= len(subject) <= _SUBJECT_CHARS[1]:
            yield subject
