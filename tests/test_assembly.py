"""The assistant as a whole: public format, concurrency, rebuilding, bad questions."""

import json
import re
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from askreport import AskReportError, Assistant, build_index, open_assistant
from askreport.assembly import _model_options
from askreport.config import Settings, override
from askreport.errors import IndexMismatch, ModelUnavailable, QuestionInvalid, ReportUnreadable
from askreport.schema import Turn, Usage
from tests.chat_server import Reply, Script, chat_server
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

    HISTORY = ({"q": QUESTION, "a": "一种经济形态。"},)

    def open(self, index: Path, base_url: str, **changes: object) -> Assistant:
        changes = {"llm__model": "openai:m", "llm__max_retries": 0, **changes}
        return open_assistant(index, llm__base_url=base_url, **changes)

    @pytest.fixture(autouse=True)
    def key(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv("OPENAI_API_KEY", "none")

    def test_a_written_answer_cites_given_sentences(self, report_index: Path) -> None:
        script = Script(["低空经济是一种", "新型经济形态[", "1][99]。"], usage=(900, 12))
        with chat_server(script) as server:
            assistant = self.open(report_index, server.base_url)
            answers = list(assistant.stream(self.QUESTION))
            assert server.requests[0]["stream_options"] == {"include_usage": True}
        assert answers[-1].mode == "write"
        assert answers[-1].answer == "低空经济是一种新型经济形态[1]。"
        assert answers[-1].notice == ""
        assert answers[-1].to_json()["usage"] == {"input_tokens": 900, "output_tokens": 12}
        [citation] = answers[-1].citations
        assert assistant.reports[0].text[citation.start : citation.end] == citation.quote

    def test_what_nothing_bears_out_is_marked_or_dropped(self, report_index: Path) -> None:
        reply = ["低空经济是一种经济形态[1]。它有 987654 架飞机[1]。"]
        with chat_server(reply, reply) as server:
            marked = self.open(report_index, server.base_url).ask(self.QUESTION)
            dropping = self.open(report_index, server.base_url, llm__unsupported="drop")
            dropped = dropping.ask(self.QUESTION)
        [doubted] = marked.to_json()["unsupported"]
        assert (doubted["reason"], doubted["words"]) == ("number", ("987654",))
        assert marked.answer[doubted["start"] : doubted["end"]] == "它有 987654 架飞机[1]。"
        assert dropped.answer == "低空经济是一种经济形态[1]。"
        assert dropped.unsupported == ()

    @pytest.mark.parametrize(
        "reply",
        [401, 429, 500, ["没有出处的句子。"], ["NOT_FOUND"], ["[77]"], [""], Script(["甲[1]。乙"], drop="close")],
    )  # fmt: skip
    def test_what_cannot_be_trusted_becomes_the_quoted_answer(
        self, report_index: Path, reply: Reply, assistant: Assistant
    ) -> None:
        with chat_server(reply) as server:
            answer = self.open(report_index, server.base_url).ask(self.QUESTION)
        quoted = assistant.ask(self.QUESTION)
        assert (answer.mode, answer.answer) == ("quote", quoted.answer)
        assert answer.citations == quoted.citations
        assert "聊天模型 openai:m" in answer.notice
        assert answer.unsupported == ()

    def test_nothing_found_asks_no_model(self, report_index: Path) -> None:
        with chat_server() as server:
            assistant = self.open(report_index, server.base_url, answer__refuse_below=0.5)
            answer = assistant.ask("明天北京会下雨吗？")
            assert server.requests == []
        assert answer.refused
        assert answer.notice == ""

    def test_a_follow_up_is_looked_up_as_the_model_rewrote_it(self, report_index: Path) -> None:
        rewritten = Script(["低空经济包括哪些产业？"], usage=(100, 10))
        written = Script(["低空经济是一种经济形态[1]。"], usage=(900, 12))
        with chat_server(rewritten, written) as server:
            answer = self.open(report_index, server.base_url).ask("它包括哪些产业？", self.HISTORY)
            assert "低空经济包括哪些产业？" in server.asked[1]
        assert answer.query == "低空经济包括哪些产业？"
        assert answer.usage == Usage(1000, 22)

    def test_a_rewriting_that_adds_something_is_the_rule_s(self, report_index: Path) -> None:
        with chat_server(["2031 年的 OpenAI 呢？"], ["低空经济是一种经济形态[1]。"]) as server:
            answer = self.open(report_index, server.base_url).ask("它包括哪些产业？", self.HISTORY)
        assert answer.query == f"{self.QUESTION} 它包括哪些产业？"
        assert answer.mode == "write"

    def test_a_model_that_failed_is_not_asked_again(self, report_index: Path) -> None:
        with chat_server(500) as server:
            answer = self.open(report_index, server.base_url).ask("它包括哪些产业？", self.HISTORY)
            assert len(server.requests) == 1
        assert answer.query == f"{self.QUESTION} 它包括哪些产业？"
        assert answer.mode == "quote"
        assert "HTTP 500" in answer.notice

    def test_the_best_sentences_that_fit_are_shown(self, report_index: Path) -> None:
        shown = []
        for most_chars in (500, 6000):
            with chat_server(["NOT_FOUND"]) as server:
                self.open(report_index, server.base_url, llm__max_input_chars=most_chars).ask(
                    "总结一下低空经济"
                )
                shown.append(re.findall(r"^\[\d+\] (.*)$", server.asked[0], re.MULTILINE))
        few, many = shown
        assert 0 < sum(map(len, few)) <= 500 < sum(map(len, many)) <= 6000
        assert set(few) < set(many)

    def test_leaving_an_answer_ends_the_stream(self, report_index: Path) -> None:
        script = Script(["低空经济是一种经济形态[1]。"] * 1000, pause_seconds=0.01)
        with chat_server(script) as server:
            answers = self.open(report_index, server.base_url).stream(self.QUESTION)
            assert next(answers).mode == "write"
            answers.close()  # type: ignore[attr-defined]
            assert server.hung_up.wait(60)

    @pytest.mark.parametrize(
        ("model", "line"),
        [
            ("google_genai:m", "pip install langchain-google-genai"),
            ("nowhere:m", "llm.model"),
            ("no-such-model", "llm.model"),
            ("openai:m", "OPENAI_API_KEY"),
        ],
    )
    def test_a_model_that_cannot_be_set_up_is_one_line_and_a_quoted_answer(
        self, report_index: Path, model: str, line: str, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.delenv("OPENAI_API_KEY")
        answer = open_assistant(report_index, llm__model=model).ask(self.QUESTION)
        assert answer.mode == "quote"
        assert answer.citations
        assert line in answer.notice
        assert "\n" not in answer.notice

    @pytest.mark.parametrize("model", ["openai:m", "ollama:m", "anthropic:m", "m"])
    def test_the_settings_reach_the_provider(self, model: str) -> None:
        settings = override(
            Settings(), {"llm__model": model, "llm__max_tokens": 77, "llm__timeout_seconds": 33}
        )
        options = str(_model_options(settings.llm))
        assert "77" in options
        assert "33" in options


def test_all_errors_are_ours() -> None:
    for error in (IndexMismatch, ModelUnavailable, QuestionInvalid, ReportUnreadable):
        assert issubclass(error, AskReportError)
