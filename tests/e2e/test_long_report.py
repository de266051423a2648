"""A report that is loaded as it is looked at: reading, search, links and citations reach all of it."""

from collections.abc import Callable

from playwright.sync_api import Page, expect

from tests.e2e.conftest import Visit

Open = Callable[..., Visit]

LATE = "第2345段写的是第2345台机器在这一年里走过的路，和它停下来的地方。"  # chapter 8 of 10


def loaded(page: Page) -> int:
    return page.locator("#report .block").count()


def test_it_opens_with_its_first_leaves_alone(visit: Open) -> None:
    page = visit("long").page
    assert 0 < loaded(page) < 2000
    expect(page.locator("#report .block", has_text="第2345段")).to_have_count(0)


def test_what_is_scrolled_to_is_loaded(visit: Open) -> None:
    page = visit("long").page
    page.locator("#report").evaluate("side => side.scrollTo(0, side.scrollHeight)")
    page.locator("#report .block", has_text="第2999段").wait_for()
    expect(page.locator(".bar .here")).to_have_text("TOP10：第10章的标题")
    expect(page.locator("#report .block", has_text=LATE)).to_have_count(0)


def test_a_citation_leads_to_a_leaf_that_was_not_there(visit: Open) -> None:
    opened = visit("long")
    opened.ask("第2345台")
    page = opened.page
    assert opened.marked("cited") == ""
    page.locator("a.cite").click()
    page.locator("#report mark.here").wait_for()
    assert opened.marked("here") == opened.marked("cited") == LATE
    expect(page.locator("#report mark.here")).to_be_focused()
    expect(page.locator("#report mark.here")).to_be_in_viewport()
    expect(page.locator(".bar .here")).to_have_text("TOP8：第8章的标题")
    page.locator(".back").click()
    expect(page.locator("a.cite")).to_be_focused()


def test_words_are_found_in_all_of_it(visit: Open) -> None:
    page = visit("long").page
    page.locator(".find input").fill("第234")
    expect(page.locator(".found")).to_have_text("1 / 22")  # 234 and 2340 to 2349, each twice
    page.locator(".find input").press("Shift+Enter")
    expect(page.locator(".found")).to_have_text("22 / 22")
    expect(page.locator("#report .block", has_text="第2349段")).to_be_in_viewport()
    assert page.evaluate("CSS.highlights.get('found-here').size") == 1


def test_a_chapter_is_opened_from_the_contents(visit: Open) -> None:
    page = visit("long").page
    page.locator(".contents").click()
    page.locator("#outline a", has_text="TOP9").click()
    heading = page.locator("#report h3", has_text="TOP9")
    expect(heading).to_be_focused()
    expect(heading).to_be_in_viewport()


def test_the_link_of_a_late_paragraph_opens_it(visit: Open) -> None:
    opened = visit("long")
    page = opened.page
    opened.ask("第2345台")
    page.locator("a.cite").click()
    page.locator("#report mark.here").wait_for()
    address = page.url
    assert "#p-0-" in address
    page.goto("about:blank")
    page.goto(address)
    page.locator("#report mark.here").wait_for()
    assert opened.marked("here") == LATE
    expect(page.locator("#report mark.here")).to_be_in_viewport()
