"""The assistant as a whole: public format, concurrency, rebuilding, bad questions."""

import json
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from askreport import AskReportError, Assistant, build_index, open_assistant
from askreport.errors import IndexMismatch, ModelUnavailable, QuestionInvalid, ReportUnreadable
from askreport.schema import Turn
from tests.chat_server import chat_server
from tests.conftest import REPOSITORY

FIELDS = ("id", "question", "answer", "refused", "confidence", "mode", "citations", "passages", "timings_ms")  # fmt: skip


@pytest.mark.parametrize(
    "question",
    [
        "什么是零知识证明？",
        "What is low-altitude economy?",
        "红烧排骨怎么做？",
        "这份报告讲了哪些内容？",
    ],
)
def test_the_public_format(assistant: Assistant, question: str) -> None:
    answer = json.loads(json.dumps(assistant.ask(question).to_json("q1")))
    assert set(FIELDS) <= set(answer)
    assert answer["id"] == "q1"
    assert answer["mode"] == "quote"
    assert 0 <= answer["confidence"] <= 1
    assert set(answer["timings_ms"]) == {"retrieve", "answer", "total"}
    assert len(answer["passages"]) == 10
    scores = [passage["score"] for passage in answer["passages"]]
    assert scores == sorted(scores, reverse=True)
    [report] = assistant.reports
    for item in answer["citations"]:
        assert report.text[item["start"] : item["end"]] == item["quote"]
    for item in answer["passages"]:
        assert report.text[item["start"] : item["end"]] == item["text"]
    markers = {f"[{item['number']}]" for item in answer["citations"]}
    assert all(marker in answer["answer"] for marker in markers)
    assert answer["refused"] == (not answer["citations"])


def test_32_people_at_once_get_their_own_answers(assistant: Assistant) -> None:
    lines = (REPOSITORY / "evals" / "questions.jsonl").read_text(encoding="utf-8").splitlines()
    questions = [json.loads(line)["question"] for line in lines][:64]
    alone = {question: assistant.ask(question).answer for question in questions}
    with ThreadPoolExecutor(32) as people:
        together = list(people.map(assistant.ask, questions))
    assert len(together) == 64
    for question, answer in zip(questions, together, strict=True):
        assert answer.question == question
        assert answer.answer == alone[question]


def test_a_rebuilt_index_is_seen_without_a_restart(tmp_path: Path) -> None:
    report = tmp_path / "r.txt"
    report.write_text("第一版说，公司的总部在上海。\n这里还有另一句话。\n", encoding="utf-8")
    build_index([report], tmp_path / "index")
    assistant = open_assistant(tmp_path / "index", answer__refuse_below=0)
    assert "上海" in assistant.ask("公司的总部在哪里？").answer
    report.write_text("第二版说，公司的总部在广州。\n这里还有另一句话。\n", encoding="utf-8")
    assert build_index([report], tmp_path / "index").built
    assert "广州" in assistant.ask("公司的总部在哪里？").answer
    assert assistant.reports[0].text.startswith("第二版")


def test_nothing_is_rebuilt_where_nothing_changed(report_index: Path) -> None:
    assert not build_index([REPOSITORY / "reports" / "it-trends-2024.txt"], report_index).built


@pytest.mark.parametrize("question", ["", "   \n", "问" * 1_000_000])
def test_questions_that_cannot_be_asked_are_refused_in_one_line(
    assistant: Assistant, question: str
) -> None:
    with pytest.raises(QuestionInvalid) as caught:
        assistant.ask(question)
    assert len(str(caught.value)) < 200


@pytest.mark.parametrize(
    "question", ["\x00\x1b[31m", "\ud800", "\u202e反", "[1][2]", "<script>", "a" * 1999]
)
def test_strange_questions_are_answered_or_refused(assistant: Assistant, question: str) -> None:
    answer = assistant.ask(question)
    assert answer.answer
    json.dumps(answer.to_json()).encode()


def test_a_follow_up_shows_what_was_looked_up(assistant: Assistant) -> None:
    answer = assistant.ask("那它的总部呢？", [Turn("WeWork 是哪一年成立的？", "2010 年。")])
    assert answer.query == "WeWork 是哪一年成立的？ 那它的总部呢？"


def test_the_history_may_be_plain_json(assistant: Assistant) -> None:
    turn = {"q": "WeWork 是哪一年成立的？", "a": "2010 年。"}
    assert assistant.ask("它的总部呢？", [turn]).query.startswith("WeWork")
    with pytest.raises(QuestionInvalid, match="'q'"):
        assistant.ask("它的总部呢？", [{"question": "x"}])


def test_an_index_of_other_settings_is_refused(report_index: Path) -> None:
    with pytest.raises(IndexMismatch, match="passage_chars"):
        open_assistant(report_index, index__passage_chars=200)


def test_an_empty_reports_folder_is_one_line(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    with pytest.raises(ReportUnreadable, match="No report in reports/"):
        build_index()


class TestWriting:
    """Answers by a chat model behind a real HTTP server."""

    QUESTION = "什么是低空经济？"

    def open(self, index: Path, base_url: str, monkeypatch: pytest.MonkeyPatch) -> Assistant:
        monkeypatch.setenv("OPENAI_API_KEY", "none")
        return open_assistant(
            index, llm__model="openai:m", llm__base_url=base_url, llm__max_retries=0
        )

    def test_a_written_answer_cites_given_sentences(
        self, report_index: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        with chat_server(["低空经济是一种", "新型经济形态[", "1][99]。"]) as server:
            assistant = self.open(report_index, server.base_url, monkeypatch)
            answers = list(assistant.stream(self.QUESTION))
        assert answers[-1].mode == "write"
        assert answers[-1].answer == "低空经济是一种新型经济形态[1]。"
        [citation] = answers[-1].citations
        assert assistant.reports[0].text[citation.start : citation.end] == citation.quote

    @pytest.mark.parametrize("reply", [500, ["没有出处的句子。"], ["NOT_FOUND"], ["[77]"]])
    def test_what_cannot_be_trusted_becomes_the_quoted_answer(
        self, report_index: Path, monkeypatch: pytest.MonkeyPatch, reply: list[str] | int
    ) -> None:
        with chat_server(reply) as server:
            answer = self.open(report_index, server.base_url, monkeypatch).ask(self.QUESTION)
        assert answer.mode == "quote"
        assert answer.citations
        assert bool(answer.notice) == (reply == 500)

    def test_nothing_found_asks_no_model(
        self, report_index: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        with chat_server() as server:
            answer = self.open(report_index, server.base_url, monkeypatch).ask("明天北京会下雨吗？")
            assert server.asked == []
        assert answer.refused

    @pytest.mark.parametrize("model", ["nowhere:m", "google_genai:m", "no-such-model"])
    def test_a_model_that_cannot_be_set_up_is_one_line(
        self, report_index: Path, model: str
    ) -> None:
        with pytest.raises(ModelUnavailable) as caught:
            open_assistant(report_index, llm__model=model)
        assert "\n" not in str(caught.value)


def test_all_errors_are_ours() -> None:
    for error in (IndexMismatch, ModelUnavailable, QuestionInvalid, ReportUnreadable):
        assert issubclass(error, AskReportError)
