"""Candidates from a chat model. What it says is data: nothing is believed that the report denies.

A line that is not as asked is dropped, and so is a question whose evidence is no quote of the
report or whose keys the evidence does not hold.
"""

import json
from collections.abc import Callable, Iterable, Iterator, Sequence

from askreport import prompts
from askreport.answering.phrases import language_of
from askreport.evaluation.evidence import EvidenceLocator
from askreport.evaluation.suggesting.choosing import Candidate, as_questions, choose, unknown
from askreport.evaluation.suggesting.drafts import Draft
from askreport.schema import Chapter, Report, TestQuestion

TEXT_CHARS = 6000  # of a report, shown to the model at once
TYPES = frozenset(("factoid", "list", "explain"))
_FENCE = str.maketrans("<>", "＜＞")
_SPARE = 2  # some of what a model suggests is dropped, so more is asked for


def suggest_with_model(
    ask: Callable[[str], str],
    reports: Sequence[Report],
    count: int,
    known: Iterable[TestQuestion] = (),
) -> tuple[TestQuestion, ...]:
    """At most `count` test questions, as `suggest_questions` gives them.

    `ask` gets a prompt and gives the model's reply, once for each chapter, or for each stretch of
    one that is too long; what it raises is raised here.
    """
    locator = EvidenceLocator(reports)
    stretches = [(report, one) for report in reports for one in _stretches(report)]
    each = max(1, -(-_SPARE * count // max(1, len(stretches))))
    candidates = (
        candidate
        for report, stretch in stretches
        for candidate in _candidates(ask, report, stretch, each, locator)
    )
    return as_questions(choose(unknown(candidates, locator, known), count))


def _candidates(
    ask: Callable[[str], str],
    report: Report,
    stretch: Chapter,
    count: int,
    locator: EvidenceLocator,
) -> Iterator[Candidate]:
    text = report.text[stretch.start : stretch.end]
    language = language_of(report.text)
    prompt = prompts.fill("suggest", language, count=str(count), text=text.translate(_FENCE))
    for line in ask(prompt).splitlines():
        found = _draft(line)
        if found is None:
            continue
        draft, evidence = found
        places = locator.occurrences(evidence)
        if places:
            yield Candidate(
                draft, language, stretch.label or None, report.name, places[0].start, evidence
            )


def _draft(line: str) -> tuple[Draft, str] | None:
    """The draft and its evidence that a line of a reply spells; `None` where it does not."""
    try:
        value = json.loads(line.strip().rstrip(","))
    except (ValueError, RecursionError):
        return None
    if not isinstance(value, dict) or not isinstance(value.get("keys"), list):
        return None
    texts = [value.get(name) for name in ("question", "evidence", "answer", "type")]
    keys = value["keys"]
    if not all(isinstance(text, str) and text.strip() for text in [*texts, *keys]):
        return None
    question, evidence, answer, kind = (str(text).strip() for text in texts)
    if kind not in TYPES:
        return None
    draft = Draft(kind, kind, question, answer, tuple((key,) for key in keys))
    return (draft, evidence) if draft.reads_well() else None


def _stretches(report: Report) -> Iterator[Chapter]:
    """The chapters, or the whole where there are none, in parts that end with a paragraph."""
    whole = Chapter("", "", 0, len(report.text))
    for chapter in report.chapters or (whole,):
        start = chapter.start
        for paragraph in report.paragraphs:
            is_inside = start < paragraph.start < chapter.end
            if is_inside and paragraph.end - start > TEXT_CHARS:
                yield Chapter(chapter.label, chapter.title, start, paragraph.start)
                start = paragraph.start
        yield Chapter(chapter.label, chapter.title, start, min(chapter.end, start + TEXT_CHARS))
