"""Every bullet of reading and asking on a phone, 390 and 360 pixels wide, by touch."""

from collections.abc import Callable
from itertools import pairwise
from pathlib import Path

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.e2e.conftest import Visit
from tests.e2e.fake_assistant import REFUSAL
from tests.e2e.test_reading import CLIPBOARD, FOLDING, copied

Open = Callable[..., Visit]


@pytest.fixture
def phone(visit: Open) -> Open:
    def open_phone(kind: str = "plain", **options: object) -> Visit:
        settings = {"width": 390, "has_touch": True, "is_mobile": True} | options
        return visit(kind, **settings)

    return open_phone


def sheet(page: Page) -> Locator:
    return page.locator("#report-side")


@pytest.mark.parametrize("locale", ["zh-CN", "en-US"])
@pytest.mark.parametrize("width", [390, 360])
def test_nothing_overlaps_or_sticks_out(visit: Open, locale: str, width: int) -> None:
    opened = visit(width=width, locale=locale, has_touch=True, is_mobile=True)
    page = opened.page
    boxes = page.locator("#masthead h1, #masthead a, #masthead button").evaluate_all(
        "all => all.map(e => e.getBoundingClientRect()).filter(b => b.width).map(b => [b.left, b.right])"
    )
    assert len(boxes) >= 4
    assert boxes == sorted(boxes)
    assert all(left[1] <= right[0] for left, right in pairwise(boxes))
    for question in ("", "的", "明天的天气"):
        if question:
            opened.ask(question)
        assert page.evaluate("document.documentElement.scrollWidth") == width
        sticking_out = page.evaluate(
            "[...document.querySelectorAll('#chat-side *')]"
            ".filter(e => e.getBoundingClientRect().right > innerWidth + 1).map(e => e.outerHTML)"
        )
        assert sticking_out == []


def test_a_first_visit_leads_into_the_sheet(phone: Open) -> None:
    page = phone().page
    page.locator(".welcome .chapters a", has_text="TOP3").tap()
    expect(sheet(page)).to_be_visible()
    expect(page.locator("#report h3", has_text="TOP3")).to_be_in_viewport()
    page.locator(".close").tap()
    page.locator("#examples").get_by_role("button", name="叠衣服").tap()
    expect(page.locator("a.cite")).to_have_count(1)
    page.locator(".next button").first.tap()
    expect(page.locator(".question")).to_have_count(2)


def test_a_citation_and_the_browsers_back(phone: Open) -> None:
    opened = phone()
    opened.ask("叠衣服")
    page = opened.page
    page.locator("a.cite").tap()
    expect(sheet(page)).to_be_visible()
    assert opened.marked("here") == opened.marked("cited") == FOLDING
    expect(page.locator("#report mark.here")).to_be_focused()
    page.go_back()
    expect(sheet(page)).to_be_hidden()
    expect(page.locator("a.cite")).to_be_focused()


def test_the_sheet_has_contents_and_search(phone: Open) -> None:
    page = phone().page
    page.locator("#open-report").tap()
    page.locator(".contents").tap()
    page.locator("#outline a", has_text="TOP2").tap()
    expect(page.locator("#report h3", has_text="TOP2")).to_be_in_viewport()
    page.locator(".find input").fill("机器人")
    expect(page.locator(".found")).to_have_text("1 / 2")
    page.locator(".step").nth(1).tap()
    expect(page.locator(".found")).to_have_text("2 / 2")


def test_a_selection_in_the_sheet_can_be_asked_about(phone: Open) -> None:
    page = phone().page
    page.locator("#open-report").tap()
    page.locator("#report .block", has_text="叠衣服").click(click_count=3)
    page.locator("#ask-about").tap()
    expect(sheet(page)).to_be_hidden()
    expect(page.locator("#question textarea")).to_have_value(f"报告里说“{FOLDING}”，")


def test_stop_retry_edit_and_a_refusal(phone: Open) -> None:
    opened = phone()
    page = opened.page
    page.locator("#question textarea").fill("@slow")
    page.locator("#question .submit-button").tap()
    page.locator(".pending").wait_for()
    page.get_by_role("button", name="停止").tap()
    expect(page.locator(".exchange .notice")).to_have_text("已停止，回答只到这里。")
    page.get_by_role("button", name="重新回答").tap()
    page.locator(".pending").wait_for()
    page.get_by_role("button", name="停止").tap()
    page.get_by_role("button", name="修改问题").tap()
    expect(page.locator("#question textarea")).to_have_value("@slow")
    opened.ask("明天的天气")
    expect(page.locator(".answer.refused")).to_have_text(REFUSAL)


def test_copy_export_link_and_reload(phone: Open) -> None:
    opened = phone(**CLIPBOARD)
    opened.ask("叠衣服")
    page = opened.page
    page.locator(".copy").tap()
    assert copied(page) == f"{FOLDING}[1]\n\n[1] TOP2 · 第 3 页  {FOLDING}"
    with page.expect_download() as download:
        page.get_by_role("button", name="导出对话 Markdown").tap()
    assert FOLDING in Path(download.value.path()).read_text("utf-8")
    page.locator(".permalink").tap()
    expect(page.locator(".permalink")).to_have_text("已复制")
    page.reload()
    page.locator(".exchange[data-state=done]").wait_for()
    page.locator("a.cite").tap()
    assert opened.marked("here") == FOLDING
    address = copied(page)
    page.goto(address)
    expect(page.locator(".question")).to_have_text(["叠衣服", "叠衣服"])


def test_the_link_of_a_paragraph_opens_the_sheet(phone: Open) -> None:
    opened = phone()
    opened.ask("叠衣服")
    page = opened.page
    page.locator("a.cite").tap()
    address = page.url
    page.goto("about:blank")
    page.goto(address)
    expect(sheet(page)).to_be_visible()
    page.locator("#report mark.here").wait_for()
    assert opened.marked("here") == FOLDING


def test_the_other_language_and_the_dark(phone: Open) -> None:
    page = phone(color_scheme="dark").page
    page.locator("#switch").tap()
    expect(page.locator("h1")).to_have_text("Ask the report")
    expect(page.locator("#question textarea")).to_have_attribute(
        "placeholder", "Ask in English or Chinese"
    )
    assert page.evaluate("getComputedStyle(document.body).backgroundColor") != "rgb(255, 255, 255)"
