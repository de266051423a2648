"""A fake assistant asked a handful of questions about a report of four sentences."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from askreport.errors import QuestionInvalid, QuestionsUnreadable
from askreport.evaluation.runs import EvalResult, evaluate, read_result
from askreport.schema import (
    Answer,
    Citation,
    Passage,
    Report,
    TestQuestion,
    Timings,
    Turn,
    Unsupported,
)

TEXT = "甲公司成立于一九九九年。乙公司\n的总部在上海市。丙公司收入三百亿元。丁公司关闭了工厂。"
SENTENCES = (
    "甲公司成立于一九九九年。",
    "乙公司\n的总部在上海市。",
    "丙公司收入三百亿元。",
    "丁公司关闭了工厂。",
)
REPORT = Report("r", TEXT, "", (), (), (), (), (), "")


def question(
    name: str, kind: str = "fact", *, evidence: Sequence[int] = (), **more: Any
) -> TestQuestion:
    answerable = {"answer": "答", "answer_keys": (("答",),)} if evidence else {}
    fields: dict[str, Any] = {"answer": None, "answer_keys": ()} | answerable | more
    quotes = tuple(SENTENCES[index].replace("\n", " ") for index in evidence)
    return TestQuestion(name, f"问{name}", "zh", kind, None, quotes, **fields)


def passage(index: int) -> Passage:
    start = TEXT.index(SENTENCES[index])
    end = start + len(SENTENCES[index])
    return Passage(TEXT[start:end], start, end, "TOP1", 1, 1.0, "r")


def answer(
    text: str = "答[1]",
    *,
    passages: Sequence[int] = (),
    cites: Sequence[int] = (),
    refused: bool = False,
    total: float = 10.0,
) -> Answer:
    cited = [passage(index) for index in cites]
    citations = tuple(
        Citation(number, one.text, one.start, one.end, one.chapter, one.page, one.report)
        for number, one in enumerate(cited, start=1)
    )
    return Answer(
        question="",
        answer=text,
        refused=refused,
        confidence=0.5,
        mode="quote",
        citations=citations,
        passages=tuple(passage(index) for index in passages),
        timings=Timings(total=total),
        query="looked up",
    )


class FakeAssistant:
    """Gives the answer prepared for a question and remembers what it was asked."""

    def __init__(
        self, answers: Mapping[str, Answer], reports: tuple[Report, ...] = (REPORT,)
    ) -> None:
        self.answers = answers
        self.reports = reports
        self.asked: list[tuple[str, tuple[Turn, ...]]] = []

    def ask(self, question: str, history: Sequence[Turn] = ()) -> Answer:
        self.asked.append((question, tuple(history)))
        return self.answers[question]


def run(*pairs: tuple[TestQuestion, Answer]) -> EvalResult:
    assistant = FakeAssistant({asked.question: answered for asked, answered in pairs})
    return evaluate(assistant, [asked for asked, _ in pairs], {}, "abc")


MIXED = (
    (question("1", evidence=[0]), answer(passages=[0, 1], cites=[0], total=10)),
    (question("2", evidence=[1, 2]), answer("否[1][2]", passages=[3, 1], cites=[1, 3], total=20)),
    (question("3", evidence=[3]), answer("拒", passages=[3], refused=True, total=30)),
    (question("4", "silent"), answer("拒", passages=[0], refused=True, total=40)),
    (question("5", "silent"), answer("编[1]", passages=[0], cites=[0], total=50)),
)


def test_metrics_of_a_mixed_run_by_hand() -> None:
    metrics = run(*MIXED).to_json()["metrics"]
    assert list(metrics) == ["all", "fact", "silent"]
    # nDCG of question 2: relevant passages 2, one at rank 2: .6309 / 1.6309 = .3869
    assert metrics["all"] == {
        "questions": 5,
        "answerable": 3,
        "R@1": 0.6667,  # 1, 0, 1
        "R@3": 0.8333,  # 1, 1/2, 1
        "R@5": 0.8333,
        "R@10": 0.8333,
        "RR@10": 0.8333,  # 1, 1/2, 1
        "nDCG@10": 0.7956,  # (1 + .3869 + 1) / 3
        "accuracy": 0.3333,  # right, keys unmet, refused
        "sentences": 1.3333,  # 1, 2 and 1 of the three that were answered
        "citation_precision": 0.75,  # 1 and 1/2; the refused one has none
        "citation_recall": 0.5,  # 1, 1/2, 0
        "citations_invalid": 0,
        "unsupported": None,  # nothing was written
        "refused_right": 0.5,
        "refused_wrong": 0.3333,
        "latency_p50_ms": 30.0,
        "latency_p95_ms": 48.0,  # between 40 and 50 at .8
    }
    assert metrics["fact"]["refused_right"] is None
    assert metrics["silent"]["refused_right"] == 0.5
    assert metrics["silent"]["nDCG@10"] is None
    assert metrics["silent"]["accuracy"] is None


def test_unsupported_sentences_are_counted_where_a_model_wrote() -> None:
    good = replace(answer(cites=[0]), mode="write")
    bad = replace(good, unsupported=(Unsupported(0, 1, "number"), Unsupported(1, 2, "uncited")))
    asked = [question(name, evidence=[0]) for name in "123"]
    result = run(*zip(asked, [good, bad, answer(cites=[0])], strict=True))
    assert [row.scores["unsupported"] for row in result.questions] == [0, 2, None]
    assert result.metrics["all"]["unsupported"] == 1.0


def test_rows_tell_what_was_found_and_why_it_missed() -> None:
    rows = run(*MIXED).questions
    assert [row.correct for row in rows] == [True, False, False, True, False]
    assert [row.found for row in rows] == [(1,), (2, None), (1,), (), ()]
    assert [row.why for row in rows] == [
        "",
        "evidence not in the first 10 passages (1 of 2 quotes); key lists not met: [['答']]",
        "refused although the report answers",
        "",
        "answered although the report is silent",
    ]


def test_a_row_in_json() -> None:
    row = run(MIXED[0]).to_json()["questions"][0]
    assert row == {
        "id": "1",
        "type": "fact",
        "question": "问1",
        "query": "looked up",
        "answer": "答[1]",
        "expected": "答",
        "refused": False,
        "confidence": 0.5,
        "correct": True,
        "found": [1],
        "places": [
            {"report": "r", "chapter": "TOP1", "page": 1, "start": 0, "end": 12, "score": 1.0},
            {"report": "r", "chapter": "TOP1", "page": 1, "start": 12, "end": 24, "score": 1.0},
        ],
        "citations": [
            {
                "number": 1,
                "quote": "甲公司成立于一九九九年。",
                "start": 0,
                "end": 12,
                "chapter": "TOP1",
                "page": 1,
                "report": "r",
            }
        ],
        "latency_ms": 10,
        "scores": {
            "R@1": 1.0,
            "R@3": 1.0,
            "R@5": 1.0,
            "R@10": 1.0,
            "RR@10": 1.0,
            "nDCG@10": 1.0,
            "accuracy": 1.0,
            "sentences": 1,
            "citation_precision": 1.0,
            "citation_recall": 1.0,
            "citations_invalid": 0,
            "unsupported": None,
            "refused_right": None,
            "refused_wrong": 0.0,
        },
        "why": "",
        "evidence": ["甲公司成立于一九九九年。"],
    }


@pytest.mark.parametrize(
    ("answered", "why"),
    [
        (answer(passages=[1] * 6 + [0], cites=[0]), "evidence at rank 7"),
        (answer(passages=[0], cites=[1]), "evidence retrieved but not quoted"),
        (answer(passages=[1] * 10 + [0], cites=[0]), "evidence not in the first 10 passages"),
        (answer("否", passages=[0], cites=[0]), "key lists not met: [['答']]"),
    ],
)
def test_reasons(answered: Answer, why: str) -> None:
    (row,) = run((question("1", evidence=[0]), answered)).questions
    assert row.why == why


def test_evidence_that_no_report_holds_is_named() -> None:
    asked = replace(question("1", evidence=[0]), evidence=("戊公司",))
    (row,) = run((asked, answer(passages=[0], cites=[0]))).questions
    assert row.why == "evidence not in any report"
    assert row.found == (None,)


def test_an_invalid_citation_is_counted() -> None:
    good = answer(passages=[0], cites=[0])
    bad = replace(good, citations=(replace(good.citations[0], quote="甲公司"), *good.citations))
    result = run((question("1", evidence=[0]), bad), (question("2", "silent"), bad))
    assert result.metrics["all"]["citations_invalid"] == 2
    assert result.metrics["silent"]["citations_invalid"] == 1


def test_a_perfect_run_scores_one() -> None:
    metrics = run(
        (question("1", evidence=[0, 2]), answer(passages=[2, 0, 1], cites=[0, 2])),
        (question("2", "silent"), answer(refused=True)),
    ).metrics["all"]
    best = ("R@3", "R@5", "R@10", "RR@10", "nDCG@10", "accuracy", "citation_precision")
    assert {metrics[name] for name in (*best, "citation_recall", "refused_right")} == {1.0}
    assert metrics["refused_wrong"] == metrics["citations_invalid"] == 0


def test_the_order_of_questions_does_not_matter() -> None:
    assert run(*MIXED).metrics == run(*reversed(MIXED)).metrics


def test_no_question_and_no_answerable_question() -> None:
    empty = run().metrics["all"]
    assert empty["questions"] == 0
    assert empty["R@5"] is empty["accuracy"] is empty["latency_p50_ms"] is None
    silent = run(MIXED[3]).metrics["all"]
    assert silent["refused_right"] == 1.0
    assert silent["R@5"] is silent["sentences"] is silent["refused_wrong"] is None


def test_history_is_passed_on_and_progress_told() -> None:
    turns = (Turn("第一名？", "甲"),)
    asked = [question("1", evidence=[0], history=turns), question("2", "silent")]
    assistant = FakeAssistant({"问1": answer(), "问2": answer(refused=True)})
    told: list[tuple[int, int]] = []
    evaluate(assistant, asked, {}, "", lambda done, total: told.append((done, total)))
    assert assistant.asked == [("问1", turns), ("问2", ())]
    assert told == [(1, 2), (2, 2)]


def test_errors_of_the_assistant_are_passed_on() -> None:
    class Broken(FakeAssistant):
        def ask(self, question: str, history: Sequence[Turn] = ()) -> Answer:
            raise QuestionInvalid("too long")

    with pytest.raises(QuestionInvalid):
        evaluate(Broken({}), [question("1")], {}, "")


def test_a_result_survives_its_file(tmp_path: Path) -> None:
    assistant = FakeAssistant({asked.question: answered for asked, answered in MIXED})
    settings = {"retrieval.k": 10, "retrieval.weight": 0.00001}
    result = evaluate(assistant, [asked for asked, _ in MIXED], settings, "abc")
    path = tmp_path / "result.json"
    path.write_text(json.dumps(result.to_json(), ensure_ascii=False), "utf-8")
    again = read_result(path)
    assert again.to_json() == result.to_json()
    assert again.settings == settings
    assert again.commit == "abc"
    assert again.questions[1].found == (2, None)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "[]",
        "{}",
        "null",
        '{"settings": {}, "commit": "", "metrics": {}, "questions": [{"id": "1"}]}',
        '{"settings": {}, "commit": "", "metrics": {}, "questions": []}',
        '{"settings": {}, "commit": "", "metrics": {"all": []}, "questions": []}',
        '{"settings": {}, "commit": "", "metrics": {"all": {"R@1": "x"}}, "questions": []}',
    ],
)
def test_a_file_that_is_no_result(tmp_path: Path, text: str) -> None:
    path = tmp_path / "result.json"
    path.write_text(text, "utf-8")
    with pytest.raises(QuestionsUnreadable, match=r"result\.json") as caught:
        read_result(path)
    assert "\n" not in str(caught.value)
