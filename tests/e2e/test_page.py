"""What a reader does: ask, check a citation, be refused, change language, use a phone."""

from collections.abc import Callable

import pytest
from playwright.sync_api import expect

from tests.e2e.conftest import Visit
from tests.e2e.fake_assistant import FAILURE, REFUSAL

Open = Callable[..., Visit]


def test_the_whole_report_is_on_the_page(visit: Open) -> None:
    page = visit().page
    expect(page.locator("#report h2")).to_have_text("三种设备的年度报告")
    expect(page.locator("#report h3")).to_have_text(
        ["TOP1：量子计算", "TOP2：人形机器人", "TOP3：Batteries & <Energy>"]
    )
    expect(page.locator("#report article")).to_have_attribute("lang", "zh")
    assert page.locator("#report .page").evaluate_all("all => all.map(e => e.dataset.page)") == [
        "1",
        "2",
        "3",
    ]
    assert page.evaluate("document.fonts.size") == 0  # only the system's fonts


def test_a_citation_opens_exactly_its_sentence(visit: Open) -> None:
    opened = visit()
    opened.ask("量子比特")
    page = opened.page
    expect(page.locator("a.cite")).to_have_text(["1"])
    assert opened.marked("cited") == "它有一千个量子比特，是目前最多的。"
    page.locator("a.cite").click()
    # The sentence follows emoji (two UTF-16 units each) and is cut by the mark of page 2.
    assert opened.marked("here") == "它有一千个量子比特，是目前最多的。"
    assert page.evaluate("document.activeElement.matches('#report mark.here')")
    expect(page.locator("#report mark.here").first).to_be_in_viewport()


def test_each_of_several_citations_leads_to_its_own_sentence(visit: Open) -> None:
    opened = visit()
    opened.ask("芯片")
    opened.page.locator(".source").nth(0).click()
    assert opened.marked("here") == "🚀🚀 实验室在春天发布了新芯片。"
    opened.ask("冬天")
    opened.page.locator(".exchange").nth(1).locator("a.cite").click()
    assert opened.marked("here") == opened.marked("cited") == "Solid-state cells 在冬天也能充电。"
    opened.page.locator(".exchange").nth(0).locator("a.cite").click()
    assert opened.marked("cited") == "🚀🚀 实验室在春天发布了新芯片。"


def test_marking_and_unmarking_leaves_the_report_as_it_was(visit: Open) -> None:
    opened = visit()
    before = opened.page.locator("#report article").text_content()
    opened.ask("的")
    for number in range(3):
        opened.page.locator("a.cite").nth(number).click()
    assert opened.page.locator("#report article").text_content() == before
    opened.page.locator("#fresh").click()
    expect(opened.page.locator(".welcome")).to_be_visible()
    assert opened.page.locator("#report mark").count() == 0


def test_sources_are_listed_with_chapter_page_and_quote(visit: Open) -> None:
    opened = visit()
    opened.ask("叠衣服")
    source = opened.page.locator(".source")
    expect(source.locator(".number")).to_have_text("1")
    expect(source.locator(".place")).to_have_text("TOP2 · 第 3 页")
    expect(source.locator("q")).to_have_text("机器人学会了叠衣服，只用了一个下午。")
    expect(opened.page.locator("a.cite")).to_have_attribute("aria-label", "出处 1 TOP2 · 第 3 页")


def test_hover_and_focus_show_the_quote_and_escape_hides_it(visit: Open) -> None:
    opened = visit()
    opened.ask("叠衣服")
    tip, cite = opened.page.locator("#citation-tip"), opened.page.locator("a.cite")
    cite.hover()
    expect(tip).to_contain_text("机器人学会了叠衣服，只用了一个下午。")
    expect(tip).to_contain_text("TOP2 · 第 3 页")
    opened.page.mouse.move(5, 5)
    expect(tip).to_be_hidden()
    cite.focus()
    expect(tip).to_be_visible()
    expect(cite).to_have_attribute("aria-describedby", "citation-tip")
    opened.page.keyboard.press("Escape")
    expect(tip).to_be_hidden()


def test_the_keyboard_alone_reaches_a_source_and_comes_back(visit: Open) -> None:
    opened = visit()
    opened.ask("叠衣服")
    page = opened.page
    for _ in range(40):
        if page.evaluate("document.activeElement.matches('a.cite')"):
            break
        page.keyboard.press("Shift+Tab")
    assert page.evaluate("getComputedStyle(document.activeElement).outlineStyle") == "solid"
    page.keyboard.press("Enter")
    assert page.evaluate("document.activeElement.matches('#report mark.here')")
    page.keyboard.press("Escape")
    assert page.evaluate("document.activeElement.matches('a.cite')")


def test_the_answer_is_announced_once_it_is_whole(visit: Open) -> None:
    opened = visit()
    announcer = opened.page.locator("#announcer")
    expect(announcer).to_have_attribute("aria-live", "polite")
    opened.ask("叠衣服")
    expect(announcer).to_have_text("机器人学会了叠衣服，只用了一个下午。[1]")


def test_an_answer_that_is_being_written_is_shown_and_announced_sentence_by_sentence(
    visit: Open,
) -> None:
    page = visit().page
    page.evaluate("""() => {
        window.said = [];
        new MutationObserver((changes) => changes.forEach((change) => change.addedNodes.forEach(
            (line) => said.push(line.textContent)
        ))).observe(document.querySelector("#announcer"), {childList: true});
    }""")
    page.locator("#question textarea").fill("@steps")
    page.keyboard.press("Enter")
    page.locator(".exchange[data-state=open] .answer", has_text="第一句").wait_for()
    page.locator(".exchange[data-state=done]").wait_for()
    said = page.evaluate("window.said")
    assert "".join(said) == "第一句写完了。第二句也写完了。第三句没有句号"
    assert said[0] == "第一句写完了。"  # before the rest was there


def test_a_refusal_is_calm_and_has_no_sources(visit: Open) -> None:
    opened = visit()
    opened.ask("明天的天气")
    expect(opened.page.locator(".answer.refused")).to_have_text(REFUSAL)
    assert opened.page.locator(".sources, a.cite, [role=alert]").count() == 0


def test_a_follow_up_tells_what_was_looked_up(visit: Open) -> None:
    opened = visit()
    opened.ask("量子比特")
    assert opened.page.locator(".looked-up").count() == 0
    opened.ask("充电")
    expect(opened.page.locator(".looked-up")).to_have_text("查的是：量子比特 充电")


@pytest.mark.parametrize(
    ("question", "line"),
    [
        ("@fail", FAILURE),
        ("@crash", "这次没能回答，问题出在程序这边。请再试一次。"),
    ],
)
def test_a_failure_is_one_line_and_the_next_question_works(
    visit: Open, question: str, line: str
) -> None:
    opened = visit()
    opened.ask(question)
    expect(opened.page.locator(".problem")).to_have_text(line)
    opened.ask("叠衣服")
    expect(opened.page.locator("a.cite")).to_have_count(1)


@pytest.mark.parametrize(
    ("question", "line"),
    [
        ("   ", "请先输入一个问题。"),
        ("长" * 201, "问题太长了：201 个字，最多 200 个字。请缩短后再问。"),
    ],
)
def test_a_question_that_cannot_be_asked_stays_in_the_box(
    visit: Open, question: str, line: str
) -> None:
    page = visit().page
    box = page.locator("#question textarea")
    box.fill(question)
    box.press("Enter")
    expect(page.locator(".hint")).to_have_text(line)
    expect(box).to_have_value(question)
    assert page.locator(".exchange").count() == 0


def test_an_example_is_asked_by_one_click(visit: Open) -> None:
    page = visit().page
    page.locator("#examples").get_by_role("button", name="叠衣服").click()
    expect(page.locator("a.cite")).to_have_count(1)
    expect(page.locator("#examples")).to_be_hidden()


def test_the_outline_leads_to_a_chapter(visit: Open) -> None:
    page = visit().page
    page.locator(".contents").click()
    page.locator("#outline a", has_text="TOP3").click()
    expect(page.locator("#outline")).to_be_hidden()
    heading = page.locator("#report h3", has_text="TOP3")
    expect(heading).to_be_in_viewport()
    expect(heading).to_be_focused()
    page.locator(".contents").click()
    page.keyboard.press("Escape")
    expect(page.locator("#outline")).to_be_hidden()
    expect(page.locator(".contents")).to_be_focused()


def test_the_interface_speaks_the_browsers_language_and_can_be_switched(visit: Open) -> None:
    opened = visit(locale="en-US")
    page = opened.page
    expect(page.locator("h1")).to_have_text("Ask the report")
    expect(page.locator("html")).to_have_attribute("lang", "en")
    first = page.locator("#examples button").first
    expect(first).to_have_text("What does this report cover?")  # the report is Chinese
    expect(page.locator("#report article")).to_have_attribute("lang", "zh")
    opened.ask("叠衣服")
    expect(page.locator(".source .place")).to_have_text("TOP2 · p. 3")
    page.locator("#switch").click()
    expect(page.locator("h1")).to_have_text("问报告")
    expect(page.locator("html")).to_have_attribute("lang", "zh-CN")
    expect(page.locator(".source .place")).to_have_text("TOP2 · 第 3 页")
    expect(page.locator("#question textarea")).to_have_attribute(
        "placeholder", "输入问题，中文或英文都可以"
    )
    page.locator("a.cite").click()
    assert opened.marked("here") == "机器人学会了叠衣服，只用了一个下午。"
    page.reload()
    expect(page.locator("h1")).to_have_text("问报告")  # the choice is remembered


def test_dark_follows_the_system(visit: Open) -> None:
    background = "getComputedStyle(document.querySelector('#report-side')).backgroundColor"
    assert visit(color_scheme="light").page.evaluate(background) == "rgb(255, 255, 255)"
    assert visit(color_scheme="dark").page.evaluate(background) == "rgb(31, 33, 32)"


@pytest.mark.parametrize("width", [390, 360])
def test_on_a_phone_the_report_is_a_sheet(visit: Open, width: int) -> None:
    opened = visit(width=width, locale="en-US", has_touch=True, is_mobile=True)
    page = opened.page
    sheet = page.locator("#report-side")
    expect(sheet).to_be_hidden()
    assert page.evaluate("document.documentElement.scrollWidth") == width
    opened.ask("叠衣服")
    page.locator("a.cite").tap()
    expect(sheet).to_be_visible()
    expect(sheet).to_have_attribute("role", "dialog")
    expect(page.locator("#report mark.here")).to_be_in_viewport()
    assert opened.marked("here") == "机器人学会了叠衣服，只用了一个下午。"
    page.locator(".close").tap()
    expect(sheet).to_be_hidden()
    expect(page.locator("a.cite")).to_be_focused()
    page.locator("#open-report").tap()
    expect(sheet).to_be_visible()
    page.keyboard.press("Escape")
    expect(sheet).to_be_hidden()
    expect(page.locator("#open-report")).to_be_focused()


def test_several_reports_stand_one_below_the_other(visit: Open) -> None:
    opened = visit("two")
    expect(opened.page.locator("#report article")).to_have_count(2)
    opened.page.locator(".contents").click()
    opened.page.locator("#outline .outline-title a").nth(1).click()
    expect(opened.page.locator("#report h2").nth(1)).to_be_in_viewport()
    opened.ask("冒充的原文")
    opened.page.locator("a.cite").click()
    assert opened.marked("here").endswith("冒充的原文。")


def test_what_is_not_supported_is_underlined_and_told_in_the_readers_language(visit: Open) -> None:
    page = visit(locale="en-US").page
    page.locator("#question textarea").fill("写的")
    page.keyboard.press("Enter")
    expect(page.locator(".doubted")).to_have_text(["它有 2000 个量子比特1。", "明天下雨。"])
    expect(page.locator(".doubted").first).to_have_css("text-decoration-line", "underline")
    expect(page.locator(".doubt")).to_have_text(
        ["not supported: 2000 is not in its sources", "not supported: no source given"]
    )
    expect(page.locator(".made")).to_contain_text("1,234 tokens read, 56 written")
    page.locator("#switch").click()
    expect(page.locator(".doubt").first).to_have_text("未证实：出处里没有 2000")


def test_nothing_hostile_becomes_more_than_text(visit: Open) -> None:
    opened = visit("hostile")
    page = opened.page
    opened.ask("攻击")
    expect(page.locator(".exchange a:not(.permalink)")).to_have_count(2)  # marker [1], its source
    expect(page.locator(".answer")).to_contain_text("[9] 假的出处 [2](#s-0-0-5)")
    expect(page.locator(".notice")).to_have_text("<u>注意</u>")
    expect(page.locator(".looked-up")).to_have_text("查的是：<i>攻击</i>")
    opened.ask("<img src=x onerror=window.pwned=8>")
    for inside in ("#conversation", "#report"):
        found = page.locator(inside).locator(
            "script, img, :not(.thumb) > svg, style, [onclick], [onerror]"
        )
        assert found.count() == 0
    page.locator("a.cite").click()
    assert opened.marked("here") == page.locator("a.source q").first.text_content()
    assert page.evaluate("window.pwned") is None


def test_what_tries_to_leave_is_stopped_by_the_policy(visit: Open) -> None:
    opened = visit()
    with opened.page.expect_console_message(lambda told: "Content Security" in told.text):
        opened.page.evaluate("""() => {
            const image = document.createElement("img");
            image.src = "http://outside.test/a.png";
            document.body.append(image);
        }""")
    assert any("Content Security Policy" in error for error in opened.errors)
    opened.errors.clear()
    assert all(url == "http://outside.test/a.png" for url in opened.outside)
    opened.outside.clear()
