"""The evaluation view: run, compare, cancel, open a question, accept one; nobody blocks it."""

import re
import time
from collections.abc import Callable
from pathlib import Path

import httpx
import pytest
from playwright.sync_api import Page, expect

from askreport.evaluation.questions import read_questions
from askreport.evaluation.suggesting import to_json_lines
from askreport.schema import TestQuestion
from tests.e2e.conftest import Server, Visit, crowd_out, serious
from tests.e2e.test_feedback_form import folder, server, visit

__all__ = ["folder", "server", "visit"]  # fixtures

Open = Callable[..., Visit]


def question(name: str, text: str, quote: str) -> TestQuestion:
    return TestQuestion(name, text, "zh", "fact", None, (quote,), quote, ((quote,),))


QUESTIONS = [
    question("t-1", "叠衣服", "机器人学会了叠衣服，只用了一个下午。"),
    question("t-2", "冬天", "Solid-state cells 在冬天也能充电。"),
    question("t-3", "没有的词", "🚀🚀 实验室在春天发布了新芯片。"),
]


@pytest.fixture
def view(visit: Open, folder: Path) -> Callable[..., Page]:
    def open_view(**options: object) -> Page:
        (folder / "questions.jsonl").write_text(to_json_lines(QUESTIONS), encoding="utf-8")
        opened = visit(**options)
        page = opened.page
        page.locator(".to-evaluation").click()
        page.wait_for_url("**/evaluation")
        expect(page.get_by_label("questions.jsonl")).to_be_checked()
        return page

    return open_view


def run(page: Page, first: str = "", second: str = "") -> None:
    page.locator("#variants textarea").nth(0).fill(first)
    page.locator("#variants textarea").nth(1).fill(second)
    page.locator("#run").click()


def test_a_run_shows_figures_pictures_coverage_and_every_question(
    view: Callable[..., Page],
) -> None:
    page = view()
    run(page)
    expect(page.locator("#run-status")).to_contain_text("评测完成")
    expect(page.locator("#results figure svg").first).to_be_visible()
    expect(page.locator("#results .result-coverage svg rect").first).to_be_visible()
    assert page.locator("#results details.question").count() == 3
    first = page.locator("#results details.question").first
    first.locator("summary").click()
    expect(first).to_contain_text("没有的词")
    expect(first).to_contain_text("报告能答，却拒答了")
    page.locator("#switch").click()
    expect(page.locator("#run")).to_have_text("Run")
    assert page.evaluate("document.documentElement.lang") == "en"


def test_two_settings_are_compared_in_words(view: Callable[..., Page]) -> None:
    page = view(locale="en-US")
    run(page, "retrieval.k=3", "retrieval.k=5")
    expect(page.locator(".verdicts")).to_have_text("No real difference between A and B.")
    expect(page.locator(".result-comparison table")).to_be_visible()


def test_a_view_whose_session_was_dropped_goes_on(
    view: Callable[..., Page], server: Server, folder: Path
) -> None:
    suggested = question("suggested-001", "学会了什么", "机器人学会了叠衣服，只用了一个下午。")
    (folder / "suggested.jsonl").write_text(to_json_lines([suggested]), encoding="utf-8")
    page = view(locale="en-US")
    crowd_out(server.url)
    page.locator("#accept").click()
    expect(page.locator("#accept")).to_be_hidden()
    assert len(read_questions(folder / "questions.jsonl")) == 4
    crowd_out(server.url)
    run(page)
    expect(page.locator("#run-status")).to_contain_text("The evaluation is done.")
    crowd_out(server.url)
    page.locator("#switch").click()
    expect(page.locator("#run")).to_have_text("开始")
    expect(page.get_by_label("questions.jsonl")).to_be_checked()


def test_a_question_that_became_wrong_is_opened_from_the_comparison(
    view: Callable[..., Page],
) -> None:
    page = view(locale="en-US")
    run(page, "", "retrieval.k=2")
    link = page.locator(".result-comparison a", has_text="t-2")
    link.focus()
    page.keyboard.press("Enter")
    opened = page.locator("#results details.question[open]")
    expect(opened).to_have_count(1)
    expect(opened).to_contain_text("冬天")
    expect(opened.locator("summary")).to_be_focused()
    expect(opened.locator("summary")).to_be_in_viewport()


def test_the_map_counts_what_readers_asked_on_this_page(visit: Open, folder: Path) -> None:
    (folder / "questions.jsonl").write_text(to_json_lines(QUESTIONS[:1]), encoding="utf-8")
    opened = visit(locale="en-US")
    page = opened.page
    opened.ask("冬天")
    page.locator(".to-evaluation").click()
    page.wait_for_url("**/evaluation")
    run(page)
    shown = page.locator("#results .result-coverage")
    expect(shown).to_contain_text("questions answered since this page was started")
    expect(shown.locator("svg title", has_text="冬天")).to_have_text(re.compile(" [1-9] asked"))
    assert shown.locator("circle").count() >= 1


@pytest.mark.parametrize(
    ("setting", "message"),
    [
        ("retrieval.k", "expected KEY=VALUE"),
        ("index.directory=/", "cannot be tried here"),
        ("retrieval.k=0", "expected 1 or more"),
    ],
)
def test_a_wrong_setting_is_told(view: Callable[..., Page], setting: str, message: str) -> None:
    page = view(locale="en-US")
    run(page, setting)
    expect(page.locator("#run-status [role=alert]")).to_contain_text(message)
    expect(page.locator("#run")).to_be_enabled()


def test_a_run_can_be_cancelled(view: Callable[..., Page]) -> None:
    page = view(locale="en-US")
    run(page, "retrieval.k=99")
    expect(page.locator("#run-status progress")).to_be_visible()
    expect(page.locator("#run")).to_be_disabled()
    page.locator("#cancel-run").click()
    expect(page.locator("#run-status")).to_contain_text("Cancelled")
    expect(page.locator("#run")).to_be_enabled()


def test_closing_the_page_frees_the_bench(view: Callable[..., Page]) -> None:
    first, second = view(locale="en-US"), view(locale="en-US")
    run(first, "retrieval.k=98", "retrieval.k=98")
    expect(first.locator("#run-status progress")).to_be_visible()
    run(second)
    expect(second.locator("#run-status [role=alert]")).to_contain_text("Another evaluation")
    first.close()
    deadline = time.monotonic() + 18  # the two runs would take 24 seconds
    while time.monotonic() < deadline:
        second.locator("#run").click()
        second.wait_for_timeout(700)
        if "done" in (second.locator("#run-status").text_content() or ""):
            return
    pytest.fail("the evaluation went on without its owner")


def test_suggested_questions_are_accepted_or_rejected(
    view: Callable[..., Page], folder: Path
) -> None:
    quote = "它有一千个量子比特，是目前最多的。"
    suggestions = [
        question("suggested-001", "新芯片有多少个量子比特？", quote),
        question("suggested-002", "哪个不要？", quote),
    ]
    (folder / "suggested.jsonl").write_text(to_json_lines(suggestions), encoding="utf-8")
    page = view()
    expect(page.locator("#candidate")).to_contain_text("新芯片有多少个量子比特？")
    expect(page.locator("#candidate dt")).to_have_text(["题目", "答案", "依据", "要点"])
    page.locator("#accept").click()
    expect(page.locator("#candidate")).to_contain_text("哪个不要？")
    page.locator("#reject").click()
    expect(page.locator("#candidate")).to_contain_text("没有待定的题")
    expect(page.locator("#accept")).to_be_hidden()
    kept = read_questions(folder / "questions.jsonl")
    assert [row.id for row in kept] == ["t-1", "t-2", "t-3", "accepted-001"]
    assert kept[-1].question == "新芯片有多少个量子比特？"
    assert (folder / "suggested.jsonl").read_text("utf-8") == ""


@pytest.mark.parametrize("locale", ["zh-CN", "en-US"])
@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [1280, 390])
def test_axe_finds_nothing_serious(
    view: Callable[..., Page], folder: Path, width: int, scheme: str, locale: str
) -> None:
    suggested = question("suggested-001", "叠衣服", "机器人学会了叠衣服，只用了一个下午。")
    (folder / "suggested.jsonl").write_text(to_json_lines([suggested]), encoding="utf-8")
    page = view(locale=locale, width=width, color_scheme=scheme)
    assert serious(page) == []
    run(page, "", "retrieval.k=5")
    page.locator("#results details.question summary").first.click()
    assert serious(page) == []
    assert page.evaluate("document.documentElement.scrollWidth") == width


def test_rated_questions_count_on_the_map(view: Callable[..., Page], folder: Path) -> None:
    rated = question("feedback-001", "学会了什么", "机器人学会了叠衣服，只用了一个下午。")
    (folder / "feedback.jsonl").write_text(to_json_lines([rated]), encoding="utf-8")
    page = view()
    run(page)
    coverage = page.locator(".result-coverage")
    expect(coverage).to_contain_text("本次的 3 道测试题和读者评价过的另外 1 个真实问题")


def test_the_view_is_closed_without_a_bench(serve: Callable[[str], str]) -> None:
    assert httpx.get(serve("plain") + "evaluation").status_code == 404
