"""Files of questions: what is read, and what is refused with which words."""

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from askreport.errors import QuestionsUnreadable
from askreport.evaluation.questions import BatchQuestion, read_batch, read_questions
from askreport.schema import TestQuestion, Turn

ROOT = Path(__file__).parents[1]

ANSWERABLE: dict[str, Any] = {
    "id": "a",
    "question": "第二名呢？",
    "lang": "zh",
    "type": "followup",
    "section": "TOP1",
    "evidence": ["第二名是 乙"],
    "answer": "乙",
    "answer_keys": [["乙", "二号"], ["第二"]],
    "history": [{"q": "第一名是谁？", "a": "甲"}],
}
SILENT: dict[str, Any] = {
    "id": "b",
    "question": "Who won the 1998 World Cup?",
    "lang": "en",
    "type": "far",
    "section": None,
    "evidence": [],
    "answer": None,
    "answer_keys": [],
    "history": [],
}


def write(path: Path, *rows: object) -> Path:
    path.write_text("".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows), "utf-8")
    return path


def test_reads_every_field(tmp_path: Path) -> None:
    questions = read_questions(write(tmp_path / "q.jsonl", ANSWERABLE, SILENT))
    assert questions == (
        TestQuestion(
            id="a",
            question="第二名呢？",
            lang="zh",
            type="followup",
            section="TOP1",
            evidence=("第二名是 乙",),
            answer="乙",
            answer_keys=(("乙", "二号"), ("第二",)),
            history=(Turn("第一名是谁？", "甲"),),
        ),
        TestQuestion("b", "Who won the 1998 World Cup?", "en", "far", None, (), None, ()),
    )


def test_blank_lines_byte_order_mark_and_windows_line_ends(tmp_path: Path) -> None:
    path = tmp_path / "q.jsonl"
    text = "\ufeff\r\n" + json.dumps(ANSWERABLE) + "\r\n\r\n" + json.dumps(SILENT)
    path.write_bytes(text.encode("utf-8"))
    assert [question.id for question in read_questions(path)] == ["a", "b"]


def test_line_separators_inside_a_string_end_no_line(tmp_path: Path) -> None:
    row = SILENT | {"question": "one\u2028two\x85three"}
    (question,) = read_questions(write(tmp_path / "q.jsonl", row))
    assert question.question == "one\u2028two\x85three"


def test_a_line_of_a_million_characters(tmp_path: Path) -> None:
    row = SILENT | {"question": "问" * 1_000_000}
    (question,) = read_questions(write(tmp_path / "q.jsonl", row))
    assert len(question.question) == 1_000_000


@pytest.mark.parametrize(
    ("changed", "field", "phrase"),
    [
        ({"id": 7}, "id", "got 7, expected a string"),
        ({"question": "  "}, "question", "not blank"),
        ({"question": None}, "question", "got null, expected a string"),
        ({"section": 1}, "section", "got 1"),
        ({"type": "all"}, "type", "choose another"),
        ({"evidence": "text"}, "evidence", "expected a list"),
        ({"evidence": [1]}, "evidence", "got 1, expected a string"),
        ({"evidence": [""]}, "evidence", "not blank"),
        ({"evidence": []}, "answer", "expected null"),
        ({"evidence": [], "answer": None}, "answer_keys", "expected []"),
        ({"answer": None}, "answer", "got null"),
        ({"answer_keys": []}, "answer_keys", "is empty"),
        ({"answer_keys": [[]]}, "answer_keys", "at least one string"),
        ({"answer_keys": ["key"]}, "answer_keys", "got 'key'"),
        ({"history": None}, "history", "got null, expected a list"),
        ({"history": ["hello"]}, "history", "got 'hello'"),
        ({"history": [{"q": "one"}]}, "history", "expected"),
        ({"history": [{"q": "one", "a": 2}]}, "history", "got 2"),
        ({"question": "\ud83d"}, "question", "surrogate"),
        ({"colour": "red"}, "colour", "is unknown"),
    ],
)
def test_a_wrong_field_is_named_with_its_line(
    tmp_path: Path, changed: dict[str, Any], field: str, phrase: str
) -> None:
    path = tmp_path / "q.jsonl"
    path.write_text(json.dumps(SILENT) + "\n\n" + json.dumps(ANSWERABLE | changed), "utf-8")
    with pytest.raises(QuestionsUnreadable) as caught:
        read_questions(path)
    message = str(caught.value)
    assert message.startswith(f"q.jsonl line 3, field {field!r}: ")
    assert phrase in message
    assert "\n" not in message


@pytest.mark.parametrize("field", list(ANSWERABLE))
def test_a_missing_field_is_named(tmp_path: Path, field: str) -> None:
    row = {name: value for name, value in ANSWERABLE.items() if name != field}
    with pytest.raises(QuestionsUnreadable, match=f"line 1, field '{field}': is missing"):
        read_questions(write(tmp_path / "q.jsonl", row))


def test_a_repeated_id_names_both_lines(tmp_path: Path) -> None:
    with pytest.raises(QuestionsUnreadable, match="line 2, field 'id': 'a' stands on line 1"):
        read_questions(write(tmp_path / "q.jsonl", ANSWERABLE, ANSWERABLE))


@pytest.mark.parametrize(
    ("data", "phrase"),
    [
        (b"", "holds no question"),
        (b"\n \n", "holds no question"),
        (b"{}\n\xff\xfe", "line 2 is not UTF-8"),
        (b"{'id': 1}", "line 1 is not JSON"),
        (b"[1, 2]", r"line 1: got \[1, 2\], expected a JSON object"),
        (b"[" * 200_000, "line 1: the JSON is nested too deeply"),
        (b"1" * 5_000, "line 1 is not JSON"),
    ],
    ids=["empty", "blank", "not-utf8", "not-json", "not-object", "deep", "long-number"],
)
def test_files_that_are_no_questions(tmp_path: Path, data: bytes, phrase: str) -> None:
    path = tmp_path / "q.jsonl"
    path.write_bytes(data)
    with pytest.raises(QuestionsUnreadable, match=phrase) as caught:
        read_batch(path)
    assert len(str(caught.value)) < 300


def test_a_missing_file_and_a_folder(tmp_path: Path) -> None:
    for path in (tmp_path / "none.jsonl", tmp_path):
        with pytest.raises(QuestionsUnreadable, match="Cannot read"):
            read_questions(path)


def test_a_huge_wrong_value_gives_a_short_message(tmp_path: Path) -> None:
    path = write(tmp_path / "q.jsonl", SILENT | {"id": ["x" * 1_000_000]})
    with pytest.raises(QuestionsUnreadable) as caught:
        read_questions(path)
    assert len(str(caught.value)) < 200


def test_a_batch_needs_id_and_question_only(tmp_path: Path) -> None:
    path = write(
        tmp_path / "b.jsonl",
        {"id": "1", "question": ""},
        {"id": "2", "question": "为什么？", "history": [{"q": "谁？", "a": ""}]},
        ANSWERABLE,
    )
    assert read_batch(path) == (
        BatchQuestion("1", ""),
        BatchQuestion("2", "为什么？", (Turn("谁？", ""),)),
        BatchQuestion("a", "第二名呢？", (Turn("第一名是谁？", "甲"),)),
    )


@pytest.mark.parametrize("row", [{"id": "1"}, {"question": "why?"}, {"id": 1, "question": "why?"}])
def test_a_batch_line_without_id_or_question(tmp_path: Path, row: dict[str, Any]) -> None:
    with pytest.raises(QuestionsUnreadable, match="line 1, field"):
        read_batch(write(tmp_path / "b.jsonl", row))


@given(text=st.text(max_size=40))
def test_any_line_is_read_or_refused(tmp_path_factory: pytest.TempPathFactory, text: str) -> None:
    path = tmp_path_factory.getbasetemp() / "any.jsonl"
    path.write_text(json.dumps({"id": "1", "question": text}) + "\n" + text, "utf-8")
    if text.strip():
        with pytest.raises(QuestionsUnreadable, match=r"^any\.jsonl line \d+[^\n]*$"):
            read_batch(path)
    else:
        assert read_batch(path) == (BatchQuestion("1", text),)


def test_the_shipped_questions_load_and_their_evidence_is_in_the_report() -> None:
    questions = read_questions(ROOT / "evals" / "questions.jsonl")
    report = (ROOT / "reports" / "it-trends-2024.txt").read_text("utf-8")
    solid = "".join(report.split())
    assert len(questions) == 110
    for question in questions:
        for quote in question.evidence:
            assert "".join(quote.split()) in solid, question.id
