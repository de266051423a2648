"""Retrieval measured on files in SQuAD format, comparable with published tables.

Every paragraph is a passage; paragraphs with the same text are one passage. Every question is kept,
the same wording twice included (tables that drop repeated questions, as MTEB's do, differ by a
hair); where the same wording belongs to two passages, each question still has one relevant passage.
CMRC 2018 files are read in their own layout too.
"""

import hashlib
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from time import perf_counter
from typing import Any

from askreport.errors import QuestionsUnreadable
from askreport.evaluation.metrics import mean, percentile, ranking_scores, rounded
from askreport.evaluation.questions import parse_json, read_text, shown

CUTOFF = 10
MEASURES = ("nDCG@10", "RR@10", "R@1", "R@5", "R@10")

Retriever = Callable[[str, int], Sequence[int]]
Progress = Callable[[int, int], None]


@dataclass(frozen=True, slots=True)
class Benchmark:
    """Passages and questions; question i is answered by passage `relevant[i]`."""

    passages: tuple[str, ...]
    questions: tuple[str, ...]
    relevant: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class BenchmarkResult:
    """Metrics and milliseconds per question, by retriever.

    `digest` is that of the texts, by which a benchmark is recognised.
    """

    passages: int
    questions: int
    metrics: Mapping[str, Mapping[str, float | None]]
    timings_ms: Mapping[str, Mapping[str, float | None]]
    digest: str = ""

    def to_json(self) -> dict[str, Any]:
        """The public format, numbers rounded to four decimals."""
        return {
            "passages": self.passages,
            "questions": self.questions,
            "metrics": rounded(self.metrics),
            "timings_ms": rounded(self.timings_ms),
        }


@dataclass(frozen=True, slots=True)
class _Paragraph:
    """A paragraph of a file: its text and its questions as (id, wording)."""

    text: str
    questions: tuple[tuple[str, str], ...]


def read_squad(passages_path: Path, questions_path: Path | None = None) -> Benchmark:
    """Passages of one file with the questions of the same or, across languages, of a second file.

    Questions of a second file belong to the paragraph that has a question of the same id; where ids
    differ, to the paragraph at the same position, if both files have as many paragraphs with as
    many questions each. Raises `QuestionsUnreadable` where a file is not in SQuAD format, has no
    question, or the two do not fit together.
    """
    paragraphs = _read_paragraphs(passages_path)
    asked = paragraphs
    if questions_path is not None:
        asked = _aligned(paragraphs, _read_paragraphs(questions_path), questions_path.name)
    passages = tuple(dict.fromkeys(paragraph.text for paragraph in paragraphs))
    numbers = {text: number for number, text in enumerate(passages)}
    pairs = [
        (question, numbers[own.text])
        for own, paragraph in zip(paragraphs, asked, strict=True)
        for _, question in paragraph.questions
    ]
    if not pairs:
        raise QuestionsUnreadable(
            f"{(questions_path or passages_path).name} holds no question; expected at least one."
        )
    return Benchmark(passages, tuple(text for text, _ in pairs), tuple(one for _, one in pairs))


def run_benchmark(
    retrievers: Mapping[str, Retriever],
    benchmark: Benchmark,
    progress: Progress | None = None,
) -> BenchmarkResult:
    """Ask every retriever every question.

    A retriever maps a question and k to at most k distinct passage numbers, best first. `progress`
    gets how many searches are done and how many there are. Milliseconds are wall time of a search.
    """
    total = len(retrievers) * len(benchmark.questions)
    metrics: dict[str, Mapping[str, float | None]] = {}
    timings: dict[str, Mapping[str, float | None]] = {}
    done = 0
    for name, retrieve in retrievers.items():
        rankings: list[list[int]] = []
        elapsed: list[float] = []
        for question in benchmark.questions:
            started = perf_counter()
            ranking = retrieve(question, CUTOFF)
            elapsed.append(1000 * (perf_counter() - started))
            rankings.append(list(ranking)[:CUTOFF])
            done += 1
            if progress is not None:
                progress(done, total)
        rows = ranking_scores(rankings, [[number] for number in benchmark.relevant], MEASURES)
        metrics[name] = {measure: mean(row[measure] for row in rows) for measure in MEASURES}
        timings[name] = {
            "mean": mean(elapsed),
            "p50": percentile(elapsed, 50),
            "p95": percentile(elapsed, 95),
        }
    digest = content_digest(benchmark.passages, benchmark.questions)
    sizes = len(benchmark.passages), len(benchmark.questions)
    return BenchmarkResult(*sizes, metrics, timings, digest)


def content_digest(passages: Iterable[str], questions: Iterable[str]) -> str:
    """SHA-256 of the texts without white space, sorted, passages before questions."""
    digest = hashlib.sha256()
    for texts in (passages, questions):
        for text in sorted("".join(one.split()) for one in texts):
            digest.update(text.encode("utf-8", "surrogatepass") + b"\n")
        digest.update(b"\n")
    return digest.hexdigest()


def _aligned(
    paragraphs: Sequence[_Paragraph], asked: Sequence[_Paragraph], asked_name: str
) -> list[_Paragraph]:
    """The questions of `asked`, one paragraph of them for each of `paragraphs`."""
    home = {
        identifier: index
        for index, paragraph in enumerate(paragraphs)
        for identifier, _ in paragraph.questions
    }
    questions = [question for paragraph in asked for question in paragraph.questions]
    if all(identifier in home for identifier, _ in questions):
        groups: list[list[tuple[str, str]]] = [[] for _ in paragraphs]
        for identifier, question in questions:
            groups[home[identifier]].append((identifier, question))
        return [
            _Paragraph(own.text, tuple(group))
            for own, group in zip(paragraphs, groups, strict=True)
        ]
    shape, asked_shape = ([len(one.questions) for one in part] for part in (paragraphs, asked))
    if shape != asked_shape:
        raise QuestionsUnreadable(
            f"The questions of {asked_name} do not fit the passages: got {len(asked)} paragraphs "
            f"with {sum(asked_shape)} questions, the passages file has {len(paragraphs)} with "
            f"{sum(shape)}. Expected the same question ids, or the same number of questions in "
            "every paragraph, in the same order."
        )
    return list(asked)


def _read_paragraphs(path: Path) -> list[_Paragraph]:
    value = parse_json(read_text(path), path.name)
    if isinstance(value, list):  # CMRC 2018 as published
        return [
            _paragraph(item, f"{path.name}: [{number}]", "context_text", "query_id", "query_text")
            for number, item in enumerate(value)
        ]
    paragraphs = []
    for number, article in enumerate(_items(value, "data", path.name)):
        where = f"{path.name}: data[{number}]"
        for position, item in enumerate(_items(article, "paragraphs", where)):
            place = f"{where}.paragraphs[{position}]"
            paragraphs.append(_paragraph(item, place, "context", "id", "question"))
    return paragraphs


def _paragraph(value: object, where: str, text: str, identifier: str, question: str) -> _Paragraph:
    """A paragraph whose parts go by the three names given."""
    return _Paragraph(
        _string(value, text, where),
        tuple(
            (
                _string(asked, identifier, f"{where}.qas[{number}]"),
                _string(asked, question, f"{where}.qas[{number}]"),
            )
            for number, asked in enumerate(_items(value, "qas", where))
        ),
    )


def _items(value: object, field: str, where: str) -> list[object]:
    items = value.get(field) if isinstance(value, dict) else None
    if not isinstance(items, list):
        raise QuestionsUnreadable(
            f"{where}: got {shown(items)} as {field!r}, expected a list, as SQuAD files have it."
        )
    return items


def _string(value: object, field: str, where: str) -> str:
    text = value.get(field) if isinstance(value, dict) else None
    if not isinstance(text, str) or not text.strip():
        raise QuestionsUnreadable(
            f"{where}: got {shown(text)} as {field!r}, expected a string that is not blank."
        )
    return text
