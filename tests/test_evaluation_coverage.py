"""Which paragraphs were reached, by hand."""

from dataclasses import replace

from askreport.evaluation.coverage import coverage, coverage_map
from askreport.schema import Answer, Citation, TestQuestion
from tests.evaluation_help import report, row

TEXT = "前言一段。\n第一章\n甲甲甲甲。\n乙乙乙乙。\n第二章\n丙丙 丙丙。"
REPORT = report(TEXT, chapters=("第一章", "第二章"))


def question(*evidence: str) -> TestQuestion:
    return TestQuestion("q", "问", "zh", "fact", None, evidence, "答", (("答",),))


def cited(quote: str) -> Answer:
    start = TEXT.index(quote)
    citation = Citation(1, quote, start, start + len(quote), None, None, "r")
    return Answer("问", "答[1]", False, 0.5, "quote", citations=(citation,))


def test_paragraphs_by_chapter_without_headings() -> None:
    chapters = coverage([REPORT], []).chapters
    assert [chapter.chapter for chapter in chapters] == [None, "第一章", "第二章"]
    assert [[p.text for p in c.paragraphs] for c in chapters] == [
        ["前言一段。"],
        ["甲甲甲甲。", "乙乙乙乙。"],
        ["丙丙 丙丙。"],
    ]
    assert not any(p.reached for c in chapters for p in c.paragraphs)


def test_questions_and_answers_are_counted() -> None:
    questions = [question("甲甲甲甲"), question("甲甲甲甲。乙乙"), question("丙丙丙丙")]
    chapters = coverage([REPORT], questions, [cited("乙乙乙乙。"), cited("乙乙")]).chapters
    counts = [(p.questions, p.answers) for c in chapters for p in c.paragraphs]
    assert counts == [(0, 0), (2, 0), (1, 2), (1, 0)]
    _, first, second = chapters
    assert (first.tested, first.cited, first.reached) == (1.0, 0.5, 1.0)
    assert (second.tested, second.cited, second.reached) == (1.0, 0.0, 1.0)


def test_two_quotes_of_one_question_in_one_paragraph_count_once() -> None:
    chapters = coverage([REPORT], [question("甲甲", "甲甲甲甲。")]).chapters
    assert chapters[1].paragraphs[0].questions == 1


def test_rows_of_a_result_serve_as_both() -> None:
    citation = {"report": "r", "start": 0, "end": 5}
    rows = [row("a", found=(1,), evidence=("丙丙丙丙",), citations=(citation,))]
    chapters = coverage([REPORT], rows, rows).chapters
    assert chapters[0].paragraphs[0].answers == 1
    assert chapters[2].paragraphs[0].questions == 1


def test_an_unknown_report_and_unknown_evidence_reach_nothing() -> None:
    rows = [row("a", evidence=("没有这句",), citations=({"report": "x", "start": 0, "end": 5},))]
    assert not any(c.reached for c in coverage([REPORT], rows, rows).chapters)


def test_the_map_has_a_cell_for_each_paragraph() -> None:
    svg = coverage_map(coverage([REPORT], [question("甲甲甲甲")], [cited("前言一段。")]).chapters)
    assert svg.count("<rect") == 4
    assert svg.count('fill-opacity="1.0"') == 1
    assert svg.count('fill-opacity="0.35"') == 1
    assert svg.count('fill-opacity="0.0"') == 2
    assert "<circle" not in svg
    assert "第一章: 1 test questions, 0 answers to such, 0 rated, 0 asked. 甲甲甲甲。" in svg


def test_real_questions_reach_paragraphs_too() -> None:
    rated = [question("乙乙乙乙"), question("前言")]
    tests = [replace(question("甲甲甲甲"), question="测")]
    start = TEXT.index("丙丙")
    covered = coverage([REPORT], tests, [], rated, {("r", start): 3, ("x", 0): 9}, 4)
    counts = [(p.questions, p.rated, p.asked) for c in covered.chapters for p in c.paragraphs]
    assert counts == [(0, 1, 0), (1, 0, 0), (0, 1, 0), (0, 0, 3)]
    assert [chapter.real for chapter in covered.chapters] == [1.0, 0.5, 1.0]
    assert [chapter.reached for chapter in covered.chapters] == [1.0, 1.0, 1.0]
    assert (covered.tests, covered.rated, covered.asked) == (1, 2, 4)
    svg = coverage_map(covered.chapters)
    assert svg.count("<circle") == 3
    assert "0 rated, 3 asked. 丙丙 丙丙。" in svg


def test_a_rated_question_that_was_tested_counts_once() -> None:
    covered = coverage([REPORT], [question("甲甲甲甲")], [], [question("甲甲甲甲")])
    assert (covered.tests, covered.rated, covered.asked) == (1, 0, None)
    assert [p.rated for c in covered.chapters for p in c.paragraphs] == [0, 0, 0, 0]


def test_no_reports() -> None:
    assert coverage([], [question("甲")]).chapters == ()
