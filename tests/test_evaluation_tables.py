"""Tables hold the numbers, and any text is shown as it is."""

from io import StringIO

from rich.console import Console

from askreport.evaluation.benchmark import BenchmarkResult
from askreport.evaluation.comparison import Change, Comparison
from askreport.evaluation.metrics import BETTER
from askreport.evaluation.runs import EvalResult, QuestionResult
from askreport.evaluation.tables import WORST, Tables, tables_for


def printed(tables: Tables) -> str:
    output = StringIO()
    Console(file=output, width=200).print(*tables)
    return output.getvalue()


def row(name: str, why: str, *, correct: bool = False) -> QuestionResult:
    return QuestionResult(
        id=name,
        type="fact",
        question="[red]谁[/red]？",
        query="",
        answer="",
        expected=None,
        refused=False,
        confidence=0.0,
        correct=correct,
        found=(None,),
        places=(),
        citations=(),
        latency_ms=1.0,
        scores=dict.fromkeys(BETTER, None),
        why=why,
    )


def result(*rows: QuestionResult) -> EvalResult:
    scores = {**dict.fromkeys(BETTER, None), "questions": 3, "R@5": 0.87654, "latency_p50_ms": 12.0}
    return EvalResult({}, "", {"all": scores, "fact": scores}, rows)


def test_an_evaluation() -> None:
    text = printed(
        tables_for(result(row("q-1", "evidence at rank 7"), row("q-2", "", correct=True)))
    )
    for part in ("R@5", "0.877", "12.000", "Missed: 1 of 2", "q-1", "evidence at rank 7", "-"):
        assert part in text
    assert "[red]谁[/red]？" in text
    assert "q-2" not in text


def test_text_of_a_file_cannot_steer_the_terminal() -> None:
    assert "\x1b" not in printed(tables_for(result(row("q\x1b[2J", "why"))))


def test_wrong_answers_come_before_remarks() -> None:
    text = printed(tables_for(result(row("q-1", "late", correct=True), row("q-2", "wrong"))))
    assert text.index("q-2") < text.index("q-1")


def test_nothing_missed() -> None:
    assert "No question missed." in printed(tables_for(result()))


def test_a_long_list_is_cut_and_says_so() -> None:
    text = printed(tables_for(result(*(row(f"q-{i:03}", "late") for i in range(WORST + 5)))))
    assert "5 more in the JSON file" in text
    assert f"q-{WORST:03}" not in text


def test_a_comparison() -> None:
    change = Change("R@5", 0.9, 0.8, 0.1, 10, 0.01, "better (p = 0.01)")
    text = printed(tables_for(Comparison((change,), ("q-1",), (), 10, 2)))
    for part in ("+0.100", "better (p = 0.01)", "became right (1): q-1", "became wrong (0): -"):
        assert part in text
    assert "left out, in one result only: 2" in text


def test_a_benchmark() -> None:
    scores = {"nDCG@10": 0.9651, "RR@10": 0.9, "R@1": 0.8, "R@5": 0.9, "R@10": 1.0}
    timings = {"mean": 1.0, "p50": 1.5, "p95": 2.5}
    text = printed(tables_for(BenchmarkResult(240, 1190, {"dense": scores}, {"dense": timings})))
    for part in ("240 passages, 1190 questions", "dense", "0.965", "2.500"):
        assert part in text
