"""Thumbs under an answer: one click up, one small form down, the right place by selecting it."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from askreport.evaluation.questions import read_questions
from tests.e2e.conftest import Server, Visit, crowd_out, serious, start_server, visits

SELECT = """(words) => {
  for (const block of document.querySelectorAll('#report .block')) {
    const walker = document.createTreeWalker(block, NodeFilter.SHOW_TEXT);
    while (walker.nextNode()) {
      const at = walker.currentNode.data.indexOf(words);
      if (at < 0) continue;
      const range = document.createRange();
      range.setStart(walker.currentNode, at);
      range.setEnd(walker.currentNode, at + words.length);
      getSelection().removeAllRanges();
      getSelection().addRange(range);
      return true;
    }
  }
  return false;
}"""


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("evals")


@pytest.fixture(scope="module")
def server(folder: Path) -> Iterator[Server]:
    running = start_server("tests.e2e.serve_evaluation", str(folder))
    yield running
    running.stop()


@pytest.fixture
def visit(server: Server, browser: Browser, folder: Path) -> Iterator[Callable[..., Visit]]:
    for old in folder.glob("*.jsonl"):
        old.unlink()
    with visits(browser) as open_page:
        yield lambda **options: open_page(server.url, **options)


def thumb(page: Page, verdict: str) -> None:
    page.locator(f".thumb[data-verdict={verdict}]").last.click()


def test_a_thumb_up_is_one_click(visit: Callable[..., Visit], folder: Path) -> None:
    opened = visit()
    opened.ask("量子比特")
    thumb(opened.page, "good")
    expect(opened.page.locator("#feedback-note")).to_contain_text("谢谢")
    expect(opened.page.locator(".thumb[data-verdict=good]")).to_have_attribute(
        "aria-pressed", "true"
    )
    (row,) = read_questions(folder / "feedback.jsonl")
    assert row.evidence == ("它有一千个量子比特，是目前最多的。",)


def test_a_thumb_counts_where_the_session_was_dropped(
    visit: Callable[..., Visit], folder: Path
) -> None:
    opened = visit(locale="en-US")
    opened.ask("量子比特")
    opened.page.get_by_role("button", name="Send").wait_for()
    crowd_out(opened.page.url)
    thumb(opened.page, "good")
    expect(opened.page.locator("#feedback-note")).to_contain_text("Thank you")
    (row,) = read_questions(folder / "feedback.jsonl")
    assert row.question == "量子比特"


def test_the_right_place_is_what_was_selected(visit: Callable[..., Visit], folder: Path) -> None:
    opened = visit(locale="en-US")
    opened.ask("冬天")
    page = opened.page
    thumb(page, "bad")
    expect(page.locator("#feedback form:visible")).to_have_count(1)
    page.get_by_label("Wrong place").check()
    page.locator("#feedback [type=submit]:visible").click()
    expect(page.locator("#feedback-note")).to_contain_text("Please select")
    # The sentence follows emoji and is cut by the mark of page 2.
    assert page.evaluate(SELECT, "个量子比特，是目前")
    expect(page.locator(".picked:visible")).to_have_text("个量子比特，是目前")
    page.get_by_label("The right answer").fill("一千个")
    page.locator("#feedback [type=submit]:visible").click()
    expect(page.locator("#feedback-note")).to_contain_text("Thank you")
    expect(page.locator("#feedback form:visible")).to_have_count(0)
    expect(page.locator(".thumb[data-verdict=bad]")).to_be_focused()
    (row,) = read_questions(folder / "feedback.jsonl")
    assert row.evidence == ("个量子比特，是目前",)
    assert (row.question, row.answer) == ("冬天", "一千个")


def test_an_answer_that_should_not_be(visit: Callable[..., Visit], folder: Path) -> None:
    opened = visit()
    opened.ask("芯片")
    page = opened.page
    thumb(page, "bad")
    page.get_by_label("报告没写，不该回答").check()
    expect(page.locator(".right-place:visible")).to_have_count(0)
    page.locator("#feedback [type=submit]:visible").click()
    expect(page.locator("#feedback-note")).to_contain_text("谢谢")
    (row,) = read_questions(folder / "feedback.jsonl")
    assert (row.question, row.evidence, row.answer) == ("芯片", (), None)


def test_escape_closes_the_form_and_returns(visit: Callable[..., Visit]) -> None:
    opened = visit()
    opened.ask("芯片")
    thumb(opened.page, "bad")
    expect(opened.page.locator("#feedback h3:visible")).to_be_focused()
    opened.page.keyboard.press("Escape")
    expect(opened.page.locator("#feedback form:visible")).to_have_count(0)
    expect(opened.page.locator(".thumb[data-verdict=bad]")).to_be_focused()


def test_on_a_phone_the_report_opens_for_the_place(
    visit: Callable[..., Visit], folder: Path
) -> None:
    opened = visit(width=390)
    opened.ask("芯片")
    page = opened.page
    thumb(page, "bad")
    page.get_by_label("出处不对").check()
    page.locator(".open-for-place:visible").click()
    expect(page.locator("#report-side.open")).to_be_visible()
    assert page.evaluate(SELECT, "只用了一个下午")
    page.get_by_role("button", name="就用这一段").click()
    expect(page.locator("#report-side.open")).to_have_count(0)
    page.locator("#feedback [type=submit]:visible").click()
    expect(page.locator("#feedback-note")).to_contain_text("谢谢")
    (row,) = read_questions(folder / "feedback.jsonl")
    assert row.evidence == ("只用了一个下午",)


def test_what_was_told_stands_in_the_evaluation(visit: Callable[..., Visit]) -> None:
    opened = visit()
    opened.ask("芯片")
    page = opened.page
    thumb(page, "bad")
    page.get_by_label("报告没写，不该回答").check()
    page.locator("#feedback [type=submit]:visible").click()
    expect(page.locator("#feedback-note")).to_contain_text("谢谢")
    page.locator(".to-evaluation").click()
    page.wait_for_url("**/evaluation")
    expect(page.get_by_label("feedback.jsonl（1 题）")).to_be_visible()
    page.get_by_label("feedback.jsonl（1 题）").check()
    page.locator("#run").click()
    expect(page.locator("#run-status")).to_contain_text("评测完成")
    expect(page.locator("#results details.question")).to_contain_text("芯片")


@pytest.mark.parametrize("locale", ["zh-CN", "en-US"])
@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [1280, 390])
def test_axe_finds_nothing_serious_in_the_form(
    visit: Callable[..., Visit], width: int, scheme: str, locale: str
) -> None:
    opened = visit(locale=locale, width=width, color_scheme=scheme)
    opened.ask("芯片")
    thumb(opened.page, "bad")
    opened.page.locator("#feedback input:visible").first.check()
    assert serious(opened.page) == []
