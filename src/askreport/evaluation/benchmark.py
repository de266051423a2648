"""Retrieval measured on files in SQuAD format, comparable with published tables.

Every paragraph is a passage; paragraphs with the same text are one passage. Every question is kept,
the same wording twice included (tables that drop repeated questions, as MTEB's do, differ by a
hair); where the same wording belongs to two passages, each question still has one relevant passage.
CMRC 2018 files are read in their own layout too.
"""

import hashlib
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from time import perf_counter
from typing import Any, NamedTuple

from askreport.errors import QuestionsUnreadable
from askreport.evaluation.metrics import mean, percentile, ranking_scores, rounded
from askreport.evaluation.questions import parse_json, read_text, shown

CUTOFF = 10
MEASURES = ("nDCG@10", "RR@10", "R@1", "R@5", "R@10")

Retriever = Callable[[str, int], Sequence[int]]
Progress = Callable[[int, int], None]


@dataclass(frozen=True, slots=True)
class Benchmark:
    """Passages and questions; question i is answered by passage `relevant[i]`.

    `answers[i]` counts the characters of the passage before the answer, without white space; `None`
    where the file does not say where it begins.
    """

    passages: tuple[str, ...]
    questions: tuple[str, ...]
    relevant: tuple[int, ...]
    answers: tuple[int | None, ...] = field(default=(), compare=False)


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


class _Asked(NamedTuple):
    """A question of a file, and where its answer begins in the paragraph."""

    identifier: str
    text: str
    answer: int | None


@dataclass(frozen=True, slots=True)
class _Paragraph:
    """A paragraph of a file: its text and its questions."""

    text: str
    questions: tuple[_Asked, ...]


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
    found = [
        (question, numbers[own.text])
        for own, paragraph in zip(paragraphs, asked, strict=True)
        for question in paragraph.questions
    ]
    if not found:
        raise QuestionsUnreadable(
            f"{(questions_path or passages_path).name} holds no question; expected at least one."
        )
    return Benchmark(
        passages,
        tuple(question.text for question, _ in found),
        tuple(number for _, number in found),
        tuple(question.answer for question, _ in found),
    )


def sentence_benchmark(
    benchmark: Benchmark, sentences: Sequence[str], passage_of: Sequence[int]
) -> Benchmark:
    """The same questions, to be answered by the sentence in which the answer begins.

    `sentences` are those of all passages in order, `passage_of[i]` is the passage of sentence i.
    Questions without a known answer are left out; raises `QuestionsUnreadable` where none is left.
    """
    starts: list[int] = []
    own: dict[int, list[int]] = {}
    for number in range(len(sentences)):
        new = number == 0 or passage_of[number] != passage_of[number - 1]
        starts.append(0 if new else starts[-1] + _ink(sentences[number - 1]))
        own.setdefault(passage_of[number], []).append(number)
    relevant = [
        None if answer is None else _holding(answer, own.get(passage, ()), starts)
        for answer, passage in zip(benchmark.answers, benchmark.relevant, strict=True)
    ]
    kept = [number for number, sentence in enumerate(relevant) if sentence is not None]
    if not kept:
        raise QuestionsUnreadable(
            "No question has an answer with its place; expected answers with answer_start, as SQuAD"
            " files have them, to measure sentences."
        )
    return Benchmark(
        tuple(sentences),
        tuple(benchmark.questions[number] for number in kept),
        tuple(relevant[number] or 0 for number in kept),
    )


def _holding(answer: int, own: Sequence[int], starts: Sequence[int]) -> int | None:
    """The last of a passage's own sentences that begins no later than the answer."""
    return max((number for number in own if starts[number] <= answer), default=None)


def _ink(text: str) -> int:
    return len("".join(text.split()))


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
        question.identifier: (index, question.answer)
        for index, paragraph in enumerate(paragraphs)
        for question in paragraph.questions
    }
    questions = [question for paragraph in asked for question in paragraph.questions]
    if all(question.identifier in home for question in questions):
        groups: list[list[_Asked]] = [[] for _ in paragraphs]
        for question in questions:
            index, answer = home[question.identifier]
            groups[index].append(question._replace(answer=answer))
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
    return [
        _Paragraph(
            own.text,
            tuple(
                question._replace(answer=same.answer)
                for question, same in zip(paragraph.questions, own.questions, strict=True)
            ),
        )
        for own, paragraph in zip(paragraphs, asked, strict=True)
    ]


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
    context = _string(value, text, where)
    return _Paragraph(
        context,
        tuple(
            _Asked(
                _string(asked, identifier, f"{where}.qas[{number}]"),
                _string(asked, question, f"{where}.qas[{number}]"),
                _answer(asked, context),
            )
            for number, asked in enumerate(_items(value, "qas", where))
        ),
    )


def _answer(asked: object, context: str) -> int | None:
    """Where the first answer begins, if the file says so."""
    answers = asked.get("answers") if isinstance(asked, dict) else None
    first = answers[0] if isinstance(answers, list) and answers else None
    if not isinstance(first, dict) or not isinstance(first.get("answer_start"), int):
        return None
    return _ink(context[: max(0, first["answer_start"])])


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
