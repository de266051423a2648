"""Drafts to candidates to test questions.

A candidate is kept if its evidence stands in the reports once and holds its keys. What is kept is
spread over chapters and kinds. The same reports give the same questions.
"""

import json
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import asdict, dataclass

from askreport.answering.phrases import language_of
from askreport.evaluation.evidence import EvidenceLocator
from askreport.evaluation.metrics import unmet_keys
from askreport.evaluation.suggesting import chinese, english
from askreport.evaluation.suggesting.drafts import Draft, solid
from askreport.schema import Report, Span, TestQuestion

EVIDENCE_CHARS = (12, 120)  # without white space; shorter is ambiguous, longer matches too easily

_RULES: dict[str, Callable[[str], Iterator[Draft]]] = {"zh": chinese.drafts, "en": english.drafts}


@dataclass(frozen=True, slots=True)
class Candidate:
    """A draft with the quote that it was made from. `place` is where the quote begins."""

    draft: Draft
    language: str
    chapter: str | None
    report: str
    place: int
    evidence: str


def suggest_questions(
    reports: Sequence[Report], count: int, known: Iterable[TestQuestion] = ()
) -> tuple[TestQuestion, ...]:
    """At most `count` test questions by rule, `suggested-001` and on, in the order of choice.

    No sentence is asked about that holds evidence of a question in `known`.
    """
    locator = EvidenceLocator(reports)
    return as_questions(choose(unknown(rule_candidates(reports), locator, known), count))


def unknown(
    candidates: Iterable[Candidate], locator: EvidenceLocator, known: Iterable[TestQuestion]
) -> Iterator[Candidate]:
    """Sound candidates about what no question in `known` has as evidence."""
    quotes = {solid(quote) for question in known for quote in question.evidence}
    for candidate in candidates:
        own = solid(candidate.evidence)
        if is_sound(candidate, locator) and not any(q in own or own in q for q in quotes):
            yield candidate


def rule_candidates(reports: Sequence[Report]) -> Iterator[Candidate]:
    """Every draft of every sentence, in reading order, those of a sentence best first."""
    for report in reports:
        language = language_of(report.text)
        for sentence in _sentences(report):
            text = report.text[sentence.start : sentence.end]
            chapter = report.chapter_at(sentence.start)
            for draft in _RULES[language](" ".join(text.split())):
                yield Candidate(
                    draft,
                    language,
                    chapter.label if chapter else None,
                    report.name,
                    sentence.start,
                    " ".join(text.split()),
                )


def is_sound(candidate: Candidate, locator: EvidenceLocator) -> bool:
    """Whether the evidence has a fit length, stands in the reports once, and meets the keys."""
    least, most = EVIDENCE_CHARS
    return (
        least <= len(solid(candidate.evidence)) <= most
        and len(locator.occurrences(candidate.evidence)) == 1
        and not unmet_keys(candidate.evidence, candidate.draft.keys)
    )


def choose(candidates: Iterable[Candidate], count: int) -> list[Candidate]:
    """At most `count`, one a sentence, chapters in turn, rare kinds first within a chapter."""
    waiting: dict[tuple[str, str | None], list[Candidate]] = defaultdict(list)
    for candidate in candidates:
        waiting[candidate.report, candidate.chapter].append(candidate)
    chosen: list[Candidate] = []
    kinds: Counter[str] = Counter()
    questions: set[str] = set()
    while waiting and len(chosen) < count:
        for chapter in list(waiting):
            best = min(waiting[chapter], key=lambda one: kinds[one.draft.kind])
            waiting[chapter] = [one for one in waiting[chapter] if one.place != best.place]
            if not waiting[chapter]:
                del waiting[chapter]
            if best.draft.question in questions or len(chosen) == count:
                continue
            questions.add(best.draft.question)
            kinds[best.draft.kind] += 1
            chosen.append(best)
    return chosen


def as_questions(candidates: Sequence[Candidate]) -> tuple[TestQuestion, ...]:
    """Candidates as test questions, counted from 1."""
    return tuple(
        TestQuestion(
            id=f"suggested-{number:03}",
            question=one.draft.question,
            lang=one.language,
            type=one.draft.type,
            section=one.chapter,
            evidence=(one.evidence,),
            answer=one.draft.answer,
            answer_keys=one.draft.keys,
        )
        for number, one in enumerate(candidates, start=1)
    )


def to_json_lines(questions: Iterable[TestQuestion]) -> str:
    """Test questions as the text of a questions file."""
    lines = []
    for question in questions:
        fields = asdict(question)
        fields["history"] = [{"q": turn.question, "a": turn.answer} for turn in question.history]
        lines.append(json.dumps(fields, ensure_ascii=False) + "\n")
    return "".join(lines)


def _sentences(report: Report) -> Iterator[Span]:
    """Sentences that are no headings and have an end, so that nothing of them is missing."""
    headings = {heading.start for heading in report.headings}
    for sentence in report.sentences:
        if sentence.start not in headings and report.text[sentence.end - 1] in "。；.!！;”":
            yield sentence
