"""Reading and asking, side by side: stop, edit, links, reload, search, and what a keyboard needs."""

import json
from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import Page, Route, expect

from tests.e2e.conftest import Visit, crowd_out, serious

Open = Callable[..., Visit]

FOLDING = "机器人学会了叠衣服，只用了一个下午。"
CLIPBOARD = {"permissions": ["clipboard-read", "clipboard-write"]}


def copied(page: Page) -> str:
    return str(page.evaluate("navigator.clipboard.readText()"))


def test_below_an_answer_stands_how_it_was_made(visit: Open) -> None:
    opened = visit()
    opened.ask("叠衣服")
    expect(opened.page.locator(".made")).to_contain_text("引自报告原文 · 很有把握")
    opened.ask("明天的天气")
    assert opened.page.locator(".exchange").nth(1).locator(".made").count() == 0


def test_an_answer_can_be_stopped_and_asked_again(visit: Open) -> None:
    page = visit().page
    page.locator("#question textarea").fill("@slow")
    page.keyboard.press("Enter")
    page.locator(".pending").wait_for()
    page.get_by_role("button", name="停止").click()
    expect(page.locator(".exchange .notice")).to_have_text("已停止，回答只到这里。")
    expect(page.get_by_role("button", name="发送")).to_be_visible()
    page.get_by_role("button", name="重新回答").click()
    page.locator(".pending").wait_for()
    expect(page.locator(".exchange")).to_have_count(1)
    page.get_by_role("button", name="停止").click()
    expect(page.locator(".exchange .notice")).to_be_visible()


def test_a_question_can_be_edited(visit: Open) -> None:
    opened = visit()
    opened.ask("量子比特")
    opened.ask("充电")
    page = opened.page
    page.get_by_role("button", name="修改问题").first.click()
    expect(page.locator("#question textarea")).to_have_value("量子比特")
    expect(page.locator("#question textarea")).to_be_focused()
    expect(page.locator(".exchange")).to_have_count(0)


def test_a_reload_brings_the_conversation_back(visit: Open) -> None:
    opened = visit()
    opened.ask("叠衣服")
    page = opened.page
    opened.wait_until_kept(exchanges=True)
    page.reload()
    page.locator(".exchange[data-state=done]").wait_for()
    page.locator("a.cite").click()
    assert opened.marked("here") == FOLDING
    opened.ask("充电")
    expect(page.locator(".looked-up")).to_have_text("查的是：叠衣服 充电")
    page.locator("#fresh").click()
    page.locator(".welcome").wait_for()
    opened.wait_until_kept(exchanges=False)
    page.reload()
    page.locator("#switch", has_text="English").wait_for()
    expect(page.locator(".welcome")).to_be_visible()
    assert page.locator(".exchange").count() == 0


def _asks_on(opened: Visit) -> None:
    opened.ask("充电")
    expect(opened.page.locator(".looked-up").last).to_have_text("Looked up: 量子比特 充电")


def _follows(opened: Visit) -> None:
    opened.page.locator(".next button").first.click()
    opened.page.locator(".exchange[data-state=done]").nth(2).wait_for()


def _asks_again(opened: Visit) -> None:
    page = opened.page
    page.evaluate("document.querySelectorAll('.exchange')[1].dataset.old = ''")
    page.get_by_role("button", name="Answer again").click()
    page.locator(".exchange[data-state=done]:not([data-old])").nth(1).wait_for()


def _edits(opened: Visit) -> None:
    opened.page.get_by_role("button", name="Edit").last.click()
    expect(opened.page.locator("#question textarea")).to_have_value("量子比特")


def _stops(opened: Visit) -> None:
    page = opened.page
    page.locator("#question textarea").fill("@slow")
    page.keyboard.press("Enter")
    page.locator(".pending").wait_for()
    crowd_out(page.url)
    page.get_by_role("button", name="Stop").click()
    expect(page.get_by_role("button", name="Send")).to_be_visible()


def _takes_away(opened: Visit) -> None:
    with opened.page.expect_download() as download:
        opened.page.get_by_role("button", name="Markdown").click()
    text = Path(download.value.path()).read_text("utf-8")
    assert "## 叠衣服" in text
    assert "TOP2 · p. 3" in text


def _switches_twice(opened: Visit) -> None:
    opened.page.locator("#switch").click()
    expect(opened.page.locator("h1")).to_have_text("问报告")
    crowd_out(opened.page.url)
    opened.page.locator("#switch").click()


@pytest.mark.parametrize(
    ("act", "questions"),
    [
        (_asks_on, ["叠衣服", "量子比特", "充电"]),
        (_follows, ["叠衣服", "量子比特", None]),
        (_asks_again, ["叠衣服", "量子比特"]),
        (_edits, ["叠衣服"]),
        (_stops, ["叠衣服", "量子比特"]),
        (_takes_away, ["叠衣服", "量子比特"]),
        (_switches_twice, ["叠衣服", "量子比特"]),
    ],
)
def test_a_page_whose_session_was_dropped_goes_on(
    visit: Open, act: Callable[[Visit], None], questions: list[str | None]
) -> None:
    opened = visit(locale="en-US")
    opened.ask("叠衣服")
    opened.ask("量子比特")
    opened.page.get_by_role("button", name="Send").wait_for()
    crowd_out(opened.page.url)
    act(opened)
    shown = opened.page.locator(".question")
    expect(shown).to_have_count(len(questions))
    for text, expected in zip(shown.all_text_contents(), questions, strict=True):
        assert expected in (None, text)
    expect(opened.page.locator("h1")).to_have_text("Ask the report")


def test_a_new_conversation_stays_new_where_the_session_was_dropped(visit: Open) -> None:
    opened = visit()
    opened.ask("叠衣服")
    opened.page.locator("#fresh").click()
    opened.page.locator(".welcome").wait_for()
    crowd_out(opened.page.url)
    opened.ask("充电")
    expect(opened.page.locator(".question")).to_have_text(["充电"])


@pytest.mark.parametrize("form", ["Markdown", "JSON"])
def test_the_conversation_can_be_taken_away(visit: Open, form: str) -> None:
    opened = visit()
    opened.ask("叠衣服")
    with opened.page.expect_download() as download:
        opened.page.get_by_role("button", name=f"导出对话 {form}").click()
    text = Path(download.value.path()).read_text("utf-8")
    if form == "JSON":
        assert json.loads(text)[0]["citations"][0]["quote"] == FOLDING
    else:
        assert f"[^1-1]: TOP2 · 第 3 页: {FOLDING}" in text


def test_an_answer_is_copied_with_its_sources(visit: Open) -> None:
    opened = visit(**CLIPBOARD)
    opened.ask("叠衣服")
    opened.page.locator(".copy").click()
    expect(opened.page.locator(".copy")).to_have_text("已复制")
    assert copied(opened.page) == f"{FOLDING}[1]\n\n[1] TOP2 · 第 3 页  {FOLDING}"


def test_the_link_of_an_answer_asks_its_question(visit: Open) -> None:
    opened = visit(**CLIPBOARD)
    opened.ask("叠衣服")
    page = opened.page
    page.locator(".permalink").click()
    expect(page.locator(".permalink")).to_have_text("已复制")
    page.locator("#fresh").click()
    page.locator(".welcome").wait_for()
    page.goto(copied(page))
    expect(page.locator(".question")).to_have_text(["叠衣服"])
    expect(page.locator("a.cite")).to_have_count(1)
    assert "?q=" not in page.url


def test_the_link_of_a_paragraph_opens_it(visit: Open) -> None:
    opened = visit(**CLIPBOARD)
    page = opened.page
    page.locator("#report .block", has_text="叠衣服").hover()
    page.locator("#paragraph-link").click()
    page.wait_for_function("location.hash.startsWith('#p-0-')")
    address = copied(page)
    page.goto("about:blank")
    page.goto(address)
    page.locator("#report mark.here").wait_for()
    assert opened.marked("here") == FOLDING
    expect(page.locator("#report mark.here")).to_be_in_viewport()


def test_a_first_visit_shows_what_can_be_asked(visit: Open) -> None:
    page = visit().page
    expect(page.locator(".titles")).to_have_text("三种设备的年度报告")
    expect(page.locator(".size")).to_contain_text("3 章 · 3 页 · ")
    page.locator(".welcome .chapters a", has_text="TOP3").click()
    heading = page.locator("#report h3", has_text="TOP3")
    expect(heading).to_be_in_viewport()
    expect(heading).to_be_focused()


def test_after_an_answer_there_are_questions_to_go_on_with(visit: Open) -> None:
    opened = visit()
    opened.ask("叠衣服")
    following = opened.page.locator(".next button")
    expect(following.first).to_be_visible()
    question = following.first.text_content()
    following.first.click()
    expect(opened.page.locator(".question").nth(1)).to_have_text(question or "")


def test_the_citations_of_the_answer_in_view_have_colours(visit: Open) -> None:
    opened = visit()
    opened.ask("的")
    marks = opened.page.locator("#report mark.cited[data-number]")
    assert marks.evaluate_all("all => all.map(mark => mark.dataset.hue)") == ["1", "2", "3"]
    colours = opened.page.locator("a.cite").evaluate_all(
        "all => all.map(link => getComputedStyle(link).color)"
    )
    assert len(set(colours)) == 3


@pytest.mark.parametrize("way", ["button", "browser", "escape"])
def test_back_returns_to_the_citation(visit: Open, way: str) -> None:
    opened = visit()
    opened.ask("叠衣服")
    page = opened.page
    page.locator("a.cite").click()
    assert "#p-0-" in page.url
    if way == "button":
        page.locator(".back").click()
    elif way == "browser":
        page.go_back()
    else:
        page.keyboard.press("Escape")
    expect(page.locator("a.cite")).to_be_focused()
    expect(page.locator(".back")).to_be_hidden()
    page.wait_for_function("!location.hash")


def test_a_selection_in_the_report_can_be_asked_about(visit: Open) -> None:
    page = visit().page
    page.locator("#report .block", has_text="叠衣服").click(click_count=3)
    page.locator("#ask-about").click()
    expect(page.locator("#question textarea")).to_have_value(f"报告里说“{FOLDING}”，")
    expect(page.locator("#question textarea")).to_be_focused()
    expect(page.locator("#ask-about")).to_be_hidden()


def test_a_paragraph_can_be_asked_about_by_keyboard_alone(visit: Open) -> None:
    page = visit().page
    expect(page.locator("#report-keys")).to_be_hidden()
    page.locator("#report").focus()
    page.keyboard.press("Shift+Tab")
    page.keyboard.press("Tab")
    expect(page.locator("#report-keys")).to_be_visible()
    page.keyboard.press("Enter")
    expect(page.locator("#report h2")).to_be_focused()
    for _ in range(2):
        page.keyboard.press("ArrowDown")
    page.keyboard.press("ArrowUp")
    page.keyboard.press("ArrowDown")
    expect(page.locator("#report .block").nth(2)).to_be_focused()
    page.keyboard.press("Tab")
    expect(page.locator("#paragraph-ask")).to_be_focused()
    page.keyboard.press("Enter")
    box = page.locator("#question textarea")
    expect(box).to_be_focused()
    text = "🚀🚀 实验室在春天发布了新芯片。它有一千个量子比特，是目前最多的。后来的更稳定。"
    expect(box).to_have_value(f"报告里说“{text}”，")


def test_each_side_scrolls_on_its_own(visit: Open) -> None:
    opened = visit()
    opened.ask("的")
    page = opened.page
    chat = page.locator("#conversation").evaluate("side => side.scrollTop")
    page.locator("#report").hover()
    page.mouse.wheel(0, 600)
    page.wait_for_function("document.querySelector('#report').scrollTop > 300")
    assert page.locator("#conversation").evaluate("side => side.scrollTop") == chat
    assert page.evaluate("scrollY") == 0


def test_a_question_before_the_greeting_joins_the_old_conversation(visit: Open) -> None:
    opened = visit(locale="en-US")
    opened.ask("叠衣服")
    page = opened.page
    opened.wait_until_kept(exchanges=True)
    held: list[Route] = []
    page.route("**/run/predict**", lambda route: held.append(route))
    page.reload()
    box = page.locator("#question textarea")
    box.fill("充电")
    box.press("Enter")
    assert page.locator("html[data-ready]").count() == 0
    for request in held:
        request.continue_()
    page.unroute("**/run/predict**")
    page.locator(".exchange[data-state=done]").nth(1).wait_for()
    expect(page.locator(".question")).to_have_text(["叠衣服", "充电"])
    expect(page.locator(".looked-up")).to_have_text("Looked up: 叠衣服 充电")
    expect(box).to_have_value("")


def test_words_are_found_in_the_report(visit: Open) -> None:
    page = visit().page
    before = page.locator("#report").inner_html()
    box, found = page.locator(".find input"), page.locator(".found")
    box.fill("千个量子")  # page 2 begins inside these words
    expect(found).to_have_text("1 / 1")
    box.fill("SOLID-STATE")
    expect(found).to_have_text("1 / 1")
    expect(page.locator("#report .block", has_text="Solid-state")).to_be_in_viewport()
    box.fill("机器人")
    expect(found).to_have_text("1 / 2")
    box.press("Enter")
    expect(found).to_have_text("2 / 2")
    box.press("Shift+Enter")
    expect(found).to_have_text("1 / 2")
    box.fill("(没有.*")
    expect(found).to_have_text("没有")
    box.press("Escape")
    expect(found).to_have_text("")
    assert page.locator("#report").inner_html() == before


# -- everybody can read it


def _cited(opened: Visit) -> None:
    opened.ask("叠衣服")
    opened.page.locator("a.cite").click()


def _found(opened: Visit) -> None:
    opened.page.locator(".find input").fill("机器人")
    expect(opened.page.locator(".found")).to_have_text("1 / 2")


def _by_keyboard(opened: Visit) -> None:
    opened.page.locator("#report").focus()
    opened.page.keyboard.press("Enter")
    opened.page.locator("#paragraph-ask").wait_for()


STATES: dict[str, Callable[[Visit], None]] = {
    "welcome": lambda opened: None,
    "answered": lambda opened: opened.ask("的"),
    "doubted": lambda opened: opened.ask("写的"),
    "cited": _cited,
    "refused": lambda opened: opened.ask("明天的天气"),
    "failed": lambda opened: opened.ask("@fail"),
    "found": _found,
    "contents": lambda opened: opened.page.locator(".contents").click(),
    "paragraph": _by_keyboard,
    "phone": lambda opened: opened.ask("的"),
    "sheet": _cited,
}


@pytest.mark.parametrize("locale", ["zh-CN", "en-US"])
@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("state", STATES)
def test_axe_finds_nothing_serious(visit: Open, state: str, scheme: str, locale: str) -> None:
    width = 360 if state in ("phone", "sheet") else 1280
    opened = visit(locale=locale, width=width, color_scheme=scheme, reduced_motion="reduce")
    STATES[state](opened)
    assert serious(opened.page) == []
