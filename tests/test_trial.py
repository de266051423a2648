"""One evaluation at a time: begun, waited for, cancelled, and what may be changed in it."""

import threading
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from askreport.errors import ModelUnavailable, QuestionsUnreadable, SettingsInvalid
from askreport.evaluation.suggesting import to_json_lines
from askreport.schema import Answer, Report, TestQuestion, Turn
from askreport.web.evaluation_results import results_html
from askreport.web.strings import CHINESE, ENGLISH
from askreport.web.trial import Bench, Busy, Trial, parse_changes
from tests.e2e.fake_assistant import cite
from tests.e2e.samples import plain_report

QUOTE = "Solid-state cells 在冬天也能充电。"


@dataclass
class Answerer:
    """Quotes the one sentence that is asked about, once `may_answer` lets it."""

    right: bool = True
    problem: Exception | None = None
    may_answer: threading.Event = field(default_factory=threading.Event)
    asked: list[str] = field(default_factory=list)

    @property
    def reports(self) -> tuple[Report, ...]:
        return (plain_report(),)

    def ask(self, question: str, history: Sequence[Turn] = ()) -> Answer:
        assert self.may_answer.wait(10)
        self.asked.append(question)
        if self.problem is not None:
            raise self.problem
        if not self.right:
            return Answer(question, "没有。", True, 0.2, "quote")
        report = self.reports[0]
        (span,) = [s for s in report.sentences if report.text[s.start : s.end] == QUOTE]
        return Answer(question, f"{QUOTE}[1]", False, 0.8, "quote", (cite(report, span, 1),))


def rows(count: int) -> list[TestQuestion]:
    return [
        TestQuestion(f"t-{n}", f"第{n}问？", "zh", "fact", None, (QUOTE,), "能", (("充电",),))
        for n in range(count)
    ]


def make_bench(folder: Path, *answerers: Answerer, count: int = 3) -> Bench:
    (folder / "questions.jsonl").write_text(to_json_lines(rows(count)), encoding="utf-8")
    waiting = iter(answerers)

    def open_variant(changes: Mapping[str, str]) -> tuple[Answerer, Mapping[str, object]]:
        return next(waiting), {"changes": dict(changes)}

    return Bench(folder, open_variant)


def ready(**options: object) -> Answerer:
    answerer = Answerer(**options)  # type: ignore[arg-type]
    answerer.may_answer.set()
    return answerer


def finished(trial: Trial) -> Trial:
    assert trial.wait(10)
    return trial


def test_one_setting_is_one_run(tmp_path: Path) -> None:
    bench = make_bench(tmp_path, ready())
    trial = finished(bench.start(["questions.jsonl"], " retrieval.k=3 ", " ", "me"))
    assert trial.outcome is not None
    assert trial.outcome.first.settings == {"changes": {"retrieval__k": "3"}}
    assert trial.outcome.first.metrics["all"]["accuracy"] == 1
    assert trial.outcome.second is None
    assert (trial.done, trial.total) == (3, 3)
    assert not trial.cancelled


def test_two_settings_are_compared_b_against_a(tmp_path: Path) -> None:
    bench = make_bench(tmp_path, ready(right=False), ready(), count=8)
    trial = finished(bench.start(["questions.jsonl"], "", "retrieval.k=5", "me"))
    assert trial.outcome is not None
    assert trial.outcome.comparison is not None
    assert trial.outcome.comparison.became_right == tuple(f"t-{n}" for n in range(8))
    html = results_html(trial.outcome, ENGLISH)
    assert "From A to B, Answered right: better" in html
    assert html.count('<details class="question') == 8
    assert "确实变好" in results_html(trial.outcome, CHINESE)


def test_no_difference_is_told_in_words(tmp_path: Path) -> None:
    bench = make_bench(tmp_path, ready(), ready())
    trial = finished(bench.start(["questions.jsonl"], "", "retrieval.k=5", "me"))
    assert trial.outcome is not None
    assert "No real difference between A and B." in results_html(trial.outcome, ENGLISH)


def test_one_at_a_time_and_only_its_owner_cancels(tmp_path: Path) -> None:
    answerer = Answerer()
    bench = make_bench(tmp_path, answerer, ready())
    trial = bench.start(["questions.jsonl"], "", "", "me")
    with pytest.raises(Busy):
        bench.start(["questions.jsonl"], "", "", "you")
    bench.cancel("you")
    assert not trial.cancelled
    bench.cancel("me")
    answerer.may_answer.set()
    finished(trial)
    assert trial.cancelled
    assert trial.outcome is None
    assert len(answerer.asked) == 1
    finished(bench.start(["questions.jsonl"], "", "", "you"))


@pytest.mark.parametrize(
    ("problem", "told"),
    [(ModelUnavailable("No model."), "No model."), (RuntimeError("secret"), "RuntimeError")],
)
def test_a_failure_is_told_and_frees_the_bench(
    tmp_path: Path, problem: Exception, told: str
) -> None:
    bench = make_bench(tmp_path, ready(problem=problem), ready())
    trial = finished(bench.start(["questions.jsonl"], "", "", "me"))
    assert told in trial.problem
    assert "secret" not in trial.problem
    assert finished(bench.start(["questions.jsonl"], "", "", "me")).outcome is not None


def test_an_assistant_that_cannot_be_opened_frees_the_bench(tmp_path: Path) -> None:
    def open_variant(changes: Mapping[str, str]) -> tuple[Answerer, Mapping[str, object]]:
        if changes:
            raise SettingsInvalid("no")
        return ready(), {}

    make_bench(tmp_path)
    bench = Bench(tmp_path, open_variant)
    with pytest.raises(SettingsInvalid):
        bench.start(["questions.jsonl"], "retrieval.k=0", "", "me")
    assert finished(bench.start(["questions.jsonl"], "", "", "me")).outcome is not None


@pytest.mark.parametrize("names", [[], ["../questions.jsonl"], ["nothing.jsonl"], ["bad.jsonl"]])
def test_only_sets_that_are_offered_can_be_asked(tmp_path: Path, names: list[str]) -> None:
    bench = make_bench(tmp_path, ready())
    (tmp_path / "bad.jsonl").write_text("{")
    assert bench.sets() == {"questions.jsonl": 3}
    with pytest.raises(QuestionsUnreadable, match="No question set"):
        bench.start(names, "", "", "me")


@pytest.mark.parametrize(
    ("text", "changes"),
    [
        ("", {}),
        ("retrieval.k=8", {"retrieval__k": "8"}),
        (" retrieval.k=8\nanswer.sentences=2\t", {"retrieval__k": "8", "answer__sentences": "2"}),
        ("retrieval.mode=dense retrieval.mode=lexical", {"retrieval__mode": "lexical"}),
    ],
)
def test_changes(text: str, changes: dict[str, str]) -> None:
    assert parse_changes(text) == changes


@pytest.mark.parametrize(
    "text",
    [
        "retrieval.k",
        "k=8",
        "retrieval.=8",
        "retrieval.k=",
        "index.directory=/etc",
        "embedding.model=other",
        "llm.base_url=http://outside.test",
        "reports.folder=/",
        "retrieval.k=8 " * 100,
    ],
)
def test_changes_that_are_refused(text: str) -> None:
    with pytest.raises(SettingsInvalid):
        parse_changes(text)


def test_both_languages_say_the_same_things() -> None:
    assert set(CHINESE.evaluation) == set(ENGLISH.evaluation)
