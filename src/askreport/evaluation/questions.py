"""Files of questions: JSON Lines in, checked questions out.

Every fault of a file is a `QuestionsUnreadable` that names line, field, what stands there and what
should. Lines end at a line feed only, so other separators may stand inside a JSON string.
"""

import json
import reprlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import NoReturn

from askreport.errors import QuestionsUnreadable
from askreport.schema import TestQuestion, Turn

ALL_TYPES = "all"  # names the metrics over all questions, so no type may be called this

QUESTION_FIELDS = (
    "id",
    "question",
    "lang",
    "type",
    "section",
    "evidence",
    "answer",
    "answer_keys",
    "history",
)
TURN_FIELDS = ("q", "a")

_shortener = reprlib.Repr()
_shortener.maxstring = 40
_shortener.maxother = 40


@dataclass(frozen=True, slots=True)
class BatchQuestion:
    """A question to be asked from a file; `id` goes back out with its answer."""

    id: str
    question: str
    history: tuple[Turn, ...] = ()


def read_questions(path: Path) -> tuple[TestQuestion, ...]:
    """Test questions of a JSON Lines file, in file order.

    Raises `QuestionsUnreadable` where the file cannot be read, holds no question, a line is not a
    JSON object, a field is missing, unknown or of the wrong kind, an id comes twice, or evidence,
    answer and answer keys do not go together (empty evidence: no answer and no keys; otherwise all
    three).
    """
    questions: list[TestQuestion] = []
    line_of_id: dict[str, int] = {}
    for line in _lines(path):
        line.require_exactly(QUESTION_FIELDS)
        question = _test_question(line)
        if question.id in line_of_id:
            line.fail("id", f"{question.id!r} stands on line {line_of_id[question.id]} already")
        line_of_id[question.id] = line.number
        questions.append(question)
    return tuple(questions)


def read_kept(path: Path) -> tuple[TestQuestion, ...]:
    """What `read_questions` gives; nothing for a file that is not there or is blank."""
    if not path.exists() or not path.read_bytes().strip():
        return ()
    return read_questions(path)


def read_batch(path: Path) -> tuple[BatchQuestion, ...]:
    """Questions to be asked, in file order: lines with id, question and, if any, history.

    Other fields are ignored, so that a file of test questions can be asked as it is. A question may
    be any string here: whoever answers decides what is too short or too long. Raises
    `QuestionsUnreadable` like `read_questions`.
    """
    return tuple(
        BatchQuestion(
            id=line.text("id"),
            question=line.text("question", may_be_blank=True),
            history=line.turns("history") if "history" in line.fields else (),
        )
        for line in _lines(path)
    )


def read_text(path: Path) -> str:
    """The whole of a UTF-8 file, without a byte order mark. Raises `QuestionsUnreadable`."""
    try:
        data = path.read_bytes()
    except OSError as error:
        raise QuestionsUnreadable(
            f"Cannot read {path}: {error.strerror or error}. Give the path of an existing file."
        ) from error
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        number = data.count(b"\n", 0, error.start) + 1
        raise QuestionsUnreadable(
            f"{path.name} line {number} is not UTF-8 text. Save the file as UTF-8."
        ) from error


def parse_json(text: str, where: str) -> object:
    """The value that `text` spells. `where` begins the message of a `QuestionsUnreadable`."""
    try:
        value: object = json.loads(text)
    except RecursionError as error:
        raise QuestionsUnreadable(f"{where}: the JSON is nested too deeply to be read.") from error
    except ValueError as error:
        raise QuestionsUnreadable(f"{where} is not JSON: {error}.") from error
    return value


def shown(value: object) -> str:
    """A short form of a JSON value, fit for one line of an error message."""
    return "null" if value is None else _shortener.repr(value)


@dataclass(frozen=True, slots=True)
class _Line:
    """One line of a file as a JSON object, with checked access to its fields."""

    file: str
    number: int
    fields: Mapping[str, object]

    def fail(self, field: str, message: str) -> NoReturn:
        raise QuestionsUnreadable(
            f"{self.file} line {self.number}, field {shown(field)}: {message}."
        )

    def require_exactly(self, names: tuple[str, ...]) -> None:
        for name in names:
            if name not in self.fields:
                self.fail(name, f"is missing; a line has the fields {', '.join(names)}")
        for name in self.fields:
            if name not in names:
                self.fail(name, f"is unknown; a line has the fields {', '.join(names)}")

    def text(self, field: str, *, may_be_blank: bool = False) -> str:
        if field not in self.fields:
            self.fail(field, "is missing; expected a string")
        return self._as_text(field, self.fields[field], may_be_blank)

    def text_or_null(self, field: str) -> str | None:
        return None if self.fields[field] is None else self.text(field)

    def texts(self, field: str) -> tuple[str, ...]:
        return tuple(self._as_text(field, item) for item in self._as_list(field))

    def text_lists(self, field: str) -> tuple[tuple[str, ...], ...]:
        lists = []
        for items in self._as_list(field):
            if not isinstance(items, list) or not items:
                self.fail(field, f"got {shown(items)}, expected a list of at least one string")
            lists.append(tuple(self._as_text(field, item) for item in items))
        return tuple(lists)

    def turns(self, field: str) -> tuple[Turn, ...]:
        turns = []
        for item in self._as_list(field):
            if not isinstance(item, dict) or set(item) != set(TURN_FIELDS):
                self.fail(field, f'got {shown(item)}, expected {{"q": question, "a": answer}}')
            turns.append(
                Turn(
                    question=self._as_text(field, item["q"]),
                    answer=self._as_text(field, item["a"], may_be_blank=True),
                )
            )
        return tuple(turns)

    def _as_list(self, field: str) -> list[object]:
        value = self.fields[field]
        if not isinstance(value, list):
            self.fail(field, f"got {shown(value)}, expected a list")
        return value

    def _as_text(self, field: str, value: object, may_be_blank: bool = False) -> str:
        if not isinstance(value, str):
            self.fail(field, f"got {shown(value)}, expected a string")
        if not value.strip() and not may_be_blank:
            self.fail(field, f"got {shown(value)}, expected a string that is not blank")
        if any("\ud800" <= character <= "\udfff" for character in value):
            self.fail(field, "holds half of a surrogate pair, which is no character")
        return value


def _lines(path: Path) -> Iterator[_Line]:
    """Lines of a file that are not blank, each a JSON object. A file without any is an error."""
    empty = True
    for number, text in enumerate(read_text(path).split("\n"), start=1):
        if not text.strip():
            continue
        empty = False
        where = f"{path.name} line {number}"
        value = parse_json(text, where)
        if not isinstance(value, dict):
            raise QuestionsUnreadable(f"{where}: got {shown(value)}, expected a JSON object.")
        yield _Line(path.name, number, value)
    if empty:
        raise QuestionsUnreadable(f"{path.name} holds no question. Write one JSON object per line.")


def _test_question(line: _Line) -> TestQuestion:
    question = TestQuestion(
        id=line.text("id"),
        question=line.text("question"),
        lang=line.text("lang"),
        type=line.text("type"),
        section=line.text_or_null("section"),
        evidence=line.texts("evidence"),
        answer=line.text_or_null("answer"),
        answer_keys=line.text_lists("answer_keys"),
        history=line.turns("history"),
    )
    if question.type == ALL_TYPES:
        line.fail("type", f"{ALL_TYPES!r} names the metrics over all questions; choose another")
    if question.evidence and question.answer is None:
        line.fail("answer", "got null, expected the right answer, since there is evidence")
    if question.evidence and not question.answer_keys:
        line.fail("answer_keys", "is empty, expected a list of keys, since there is evidence")
    if not question.evidence and question.answer is not None:
        line.fail("answer", "expected null, since empty evidence asks for a refusal")
    if not question.evidence and question.answer_keys:
        line.fail("answer_keys", "expected [], since empty evidence asks for a refusal")
    return question
