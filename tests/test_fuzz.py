"""Whatever is handed in, a reader gives the right kind of thing or an error of ours in one line."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from askreport import Assistant
from askreport.config import Settings, known_keys, load_settings
from askreport.errors import AskReportError
from askreport.evaluation.questions import QUESTION_FIELDS, read_batch, read_questions
from askreport.reading import read_report
from askreport.store.generations import Manifest
from askreport.web.keeping import restored
from askreport.web.login import read_users

bounded = settings(
    max_examples=150,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
chinese = st.text(
    st.sampled_from("低空经济是指。，\n 第一章1.0%TOP：#-*|`[]（）\u3000\t\r\u200b\x0c"),
    max_size=300,
)
encodings = st.sampled_from(["utf-8", "gb18030", "big5", "utf-16", "utf-32", "latin-1"])
text_bytes = st.builds(
    lambda text, code: text.encode(code, "replace"), chinese | st.text(), encodings
)
mixed_bytes = st.builds(lambda a, b, c: a + b + c, text_bytes, st.binary(max_size=20), text_bytes)
any_json = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
    lambda inner: (
        st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner, max_size=4)
    ),
    max_leaves=12,
)
rows = st.dictionaries(st.sampled_from(QUESTION_FIELDS), any_json, max_size=len(QUESTION_FIELDS))
lines = st.lists(rows.map(json.dumps) | any_json.map(json.dumps) | st.text(max_size=40), max_size=4)


def in_one_line(call: Callable[[], Any]) -> Any:
    """What `call` gives, `None` for an error of ours; any other error fails the test."""
    try:
        return call()
    except AskReportError as error:
        message = str(error)
    assert message.strip()
    assert "\n" not in message
    return None


@given(st.binary(max_size=300) | text_bytes | mixed_bytes, st.sampled_from([".txt", ".md"]))
@example(b"\xef\xbb\xbf", ".txt")
@example("一。\r\n\r\n二。".encode("utf-16"), ".md")
@bounded
def test_any_report(tmp_path: Path, data: bytes, suffix: str) -> None:
    path = tmp_path / f"report{suffix}"
    path.write_bytes(data)
    report = in_one_line(lambda: read_report(path))
    if report is None:
        return
    assert report.text.strip()
    report.text.encode("utf-8")
    for spans in (report.paragraphs, report.sentences, report.chapters, report.headings):
        assert all(0 <= span.start <= span.end <= len(report.text) for span in spans)
        assert list(spans) == sorted(spans, key=lambda span: span.start)


@given(chinese | st.text(max_size=300))
@example("[1]")
@example("\ud800")
@example("报告指出" * 200)
@bounded
def test_any_question(assistant: Assistant, question: str) -> None:
    answer = in_one_line(lambda: assistant.ask(question))
    if answer is None:
        return
    json.dumps(answer.to_json()).encode("ascii")
    texts = {report.name: report.text for report in assistant.reports}
    for citation in answer.citations:
        assert texts[citation.report][citation.start : citation.end] == citation.quote
        assert f"[{citation.number}]" in answer.answer


@given(st.lists(st.tuples(st.text(max_size=60), st.text(max_size=200)), max_size=4), chinese)
@bounded
def test_any_history(assistant: Assistant, turns: list[tuple[str, str]], question: str) -> None:
    history = [{"q": asked, "a": told} for asked, told in turns]
    in_one_line(lambda: assistant.ask(question, history))


@pytest.mark.parametrize("read", [read_questions, read_batch])
@given(lines=lines, tail=st.binary(max_size=6))
@bounded
def test_any_file_of_questions(
    tmp_path: Path, read: Callable[[Path], Any], lines: list[str], tail: bytes
) -> None:
    path = tmp_path / "questions.jsonl"
    path.write_bytes("\n".join(lines).encode("utf-8", "surrogatepass") + tail)
    found = in_one_line(lambda: read(path))
    assert found is None or all(isinstance(one.question, str) for one in found)


keys = st.sampled_from(known_keys()) | st.text(max_size=12)
values = st.text(max_size=20) | st.integers().map(str) | st.floats().map(str)


@given(
    toml=st.text(max_size=80)
    | st.dictionaries(keys, any_json, max_size=3).map(
        lambda entries: "\n".join(f"{key} = {json.dumps(value)}" for key, value in entries.items())
    ),
    environment=st.dictionaries(keys.map(lambda key: "ASKREPORT_" + key), values, max_size=2),
    overrides=st.lists(st.builds(lambda key, value: f"{key}={value}", keys, values), max_size=2),
)
@bounded
def test_any_settings(
    tmp_path: Path, toml: str, environment: dict[str, str], overrides: list[str]
) -> None:
    path = tmp_path / "askreport.toml"
    path.write_text(toml, encoding="utf-8", errors="replace")
    found = in_one_line(lambda: load_settings(path, environment, overrides))
    assert found is None or isinstance(found, Settings)


@given(st.binary(max_size=200) | any_json.map(lambda value: json.dumps(value).encode()))
@bounded
def test_any_pointer(data: bytes) -> None:
    assert in_one_line(lambda: Manifest.from_json(data, Path("index"))) is None


@given(any_json | st.lists(st.fixed_dictionaries({"question": any_json, "answer": any_json})))
@bounded
def test_any_conversation_from_a_browser(assistant: Assistant, value: object) -> None:
    assert isinstance(restored(value, assistant.reports), tuple)


@given(
    st.binary(max_size=120)
    | st.text(max_size=60).map(lambda name: f"{name}:scrypt$2$00$00".encode())
)
@bounded
def test_any_file_of_users(tmp_path: Path, data: bytes) -> None:
    path = tmp_path / "users.txt"
    path.write_bytes(data)
    in_one_line(lambda: read_users(path))
