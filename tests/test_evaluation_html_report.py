"""The HTML file: everything in it, nothing from outside, all text escaped."""

import re
from dataclasses import replace
from html.parser import HTMLParser

import pytest

from askreport.evaluation.comparison import compare
from askreport.evaluation.coverage import coverage
from askreport.evaluation.html_report import (
    coverage_html,
    html_report,
    html_report_of,
    question_html,
)
from askreport.evaluation.wording import CHINESE, ENGLISH, WORDINGS, Wording
from askreport.schema import TestQuestion
from tests.evaluation_help import report, result, row

HOSTILE = "<script>alert('x')</script>&\"'"
VOID = {"meta", "br", "path", "rect", "use", "line"}
ROWS = (
    row(
        "q-1",
        HOSTILE,
        found=(3, None),
        question=HOSTILE,
        query=f"完整 {HOSTILE}",
        answer=HOSTILE,
        expected=HOSTILE,
        evidence=(HOSTILE, "第二条依据"),
        citations=(
            {
                "number": 1,
                "quote": HOSTILE,
                "report": "r",
                "start": 1,
                "end": 2,
                "chapter": HOSTILE,
                "page": 7,
            },
        ),
        places=(
            {"report": "r", "start": 1, "end": 2, "chapter": None, "page": None, "score": 1.0},
        ),
        correct=False,
        why=f"evidence at rank 7 (1 of 2 quotes); key lists not met: [['{HOSTILE}']]",
        scores={"R@5": 0.5, "accuracy": 0.0},
    ),
    row("q-2", "fact", refused=True, confidence=0.1, scores={"refused_right": 1.0}),
)
RESULT = result(*ROWS, **{"R@5": 0.5})


class Balance(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []

    def handle_starttag(self, tag: str, attrs: list) -> None:
        if tag not in VOID:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        if tag not in VOID:
            assert self.open.pop() == tag


@pytest.fixture(scope="module", params=["zh", "en"])
def page(request: pytest.FixtureRequest) -> str:
    text = report("第一段。\n第二段。")
    covered = coverage([text], ROWS, ROWS)
    comparison = compare(RESULT, RESULT)
    wording = WORDINGS[request.param]
    return html_report(RESULT, wording, comparison=comparison, other=RESULT, covered=covered)


def test_nothing_comes_from_outside_and_nothing_runs(page: str) -> None:
    assert not re.search(r"<(script|link|img|iframe|object|form)\b", page)
    assert not re.search(r"\b(?:src|href)=\"(?!#)", page)
    assert "url(http" not in page
    assert "default-src 'none'" in page


def test_tags_are_closed(page: str) -> None:
    parser = Balance()
    parser.feed(page)
    assert parser.open == []


def test_text_is_escaped_and_templates_are_filled(page: str) -> None:
    assert "&lt;script&gt;" in page
    assert not re.search(r"\$[a-z_]+\b", page)


def test_a_question_that_changed_is_a_link_to_it() -> None:
    before = result(replace(ROWS[0], correct=True), replace(ROWS[1], correct=True))
    odd = replace(ROWS[1], id='a "b"/ü', correct=False)
    after = result(replace(ROWS[0], correct=False), odd)
    before = replace(before, questions=(before.questions[0], replace(odd, correct=True)))
    page = html_report(after, comparison=compare(after, before), other=before)
    links = re.findall(r'<a href="#([^"]+)">([^<]+)</a>', page)
    assert links == [
        ("question-q-1", "q-1"),
        ("question-a%20%22b%22%2F%C3%BC", "a &quot;b&quot;/ü"),
    ]
    for anchor, _ in links:
        # Inside the details, so that a browser opens them on the way to it.
        assert re.search(rf'<details [^>]*>\s*<summary>.*</summary>\s*<dl id="{anchor}">', page)


@pytest.mark.parametrize(
    ("wording", "counted"),
    [
        (ENGLISH, "the 2 test questions of this run and 1 other real questions"),
        (CHINESE, "本次的 2 道测试题和读者评价过的另外 1 个真实问题"),
    ],
)
def test_what_the_map_counts_is_said(wording: Wording, counted: str) -> None:
    rated = [TestQuestion("f", "评", "zh", "feedback", None, ("第二段",), "二", (("二",),))]
    text = report("第一段。\n第二段。")
    told = coverage_html(coverage([text], ROWS, ROWS, rated), wording)
    assert counted in told
    assert wording.labels["not_counted"] in told
    page = coverage_html(coverage([text], ROWS, ROWS, rated, {("r", 5): 2}, 7), wording)
    assert wording.labels["counted_asked"].format(asked=7) in page
    assert wording.labels["not_counted"] not in page


def test_every_question_can_be_opened(page: str) -> None:
    assert page.count("<details") == 2
    assert page.index("q-1") < page.index("q-2")


def test_a_question_tells_all() -> None:
    text = question_html(ROWS[0], CHINESE)
    for part in (
        "第 3 位",
        "前 10 段里没有: 第二条依据",
        "第 7 页",
        "依据排在第 7 位（2 条中的 1 条）",
        "答案缺少要点",
    ):
        assert part in text
    assert "完整" in text
    english = question_html(ROWS[1], ENGLISH)
    assert ENGLISH.labels["refusal_expected"] in english
    assert "Looked up" not in english
    assert "right (refused)" in english


def test_the_page_speaks_the_language_of_the_questions() -> None:
    assert '<html lang="zh">' in html_report_of(result(row("a", question="什么是报告？")), [])
    assert '<html lang="en">' in html_report_of(result(row("a", question="What is it about?")), [])


def test_a_result_without_questions_is_a_page_too() -> None:
    assert "<h1>" in html_report(result())


def test_both_languages_have_the_same_words() -> None:
    for name in ("contents", "labels", "metrics", "meaning", "verdicts", "figures", "axes"):
        assert getattr(CHINESE, name).keys() == getattr(ENGLISH, name).keys()
        for key, words in getattr(ENGLISH, name).items():
            slots = sorted(re.findall(r"\{\w+\}", words))
            assert sorted(re.findall(r"\{\w+\}", getattr(CHINESE, name)[key])) == slots, key
