"""S1, S2: hostile answers and a hostile report in a real browser, and a server that nobody may ask."""

from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler
from pathlib import Path

from playwright.sync_api import Page as Tab
from playwright.sync_api import sync_playwright

from tests.e2e.conftest import CHROMIUM, FLAGS, PATIENCE_MS
from tests.loopback import LoopbackServer, Quiet, running
from tests.torture.hostile import REQUESTS, SCRIPTS
from tests.torture.readers import Page, page
from tests.torture.rows import CannotRun, Tally, row
from tests.torture.shared import spread

SETTLE_MS = 150  # time for what an answer starts
CONVERSATION = 15  # answers, until a new conversation is begun


class Sink(LoopbackServer):
    """Answers everybody and keeps what was asked."""

    def __init__(self) -> None:
        super().__init__(_SinkHandler)
        self.asked: list[str] = []


class _SinkHandler(Quiet, BaseHTTPRequestHandler):
    server: Sink

    def do_GET(self) -> None:
        self.server.asked.append(self.path)
        self.send_response(204)
        self.end_headers()

    def do_POST(self) -> None:
        self.do_GET()

    def do_HEAD(self) -> None:
        self.do_GET()

    def do_OPTIONS(self) -> None:
        self.do_GET()


@contextmanager
def sink() -> Iterator[Sink]:
    """A running sink; it ends with the block."""
    server = Sink()
    with running(server):
        yield server


@contextmanager
def opened(served: Page) -> Iterator[Tab]:
    """The page in Chromium; it must be there."""
    if not CHROMIUM.exists():
        raise CannotRun(f"no Chromium at {CHROMIUM}")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        tab = browser.new_context(locale="zh-CN").new_page()
        tab.set_default_timeout(PATIENCE_MS)
        tab.goto(served.url)
        tab.locator("html[data-ready]").wait_for()
        yield tab
        browser.close()


def ask(tab: Tab, number: int) -> None:
    """Have hostile answer `number` shown, and wait until it is whole and has had its time."""
    if tab.locator(".exchange").count() >= CONVERSATION:
        tab.locator("#fresh").click()
        tab.locator(".exchange").first.wait_for(state="detached")
    before = tab.locator(".exchange").count()
    tab.locator("#question textarea").fill(f"payload {number}")
    tab.keyboard.press("Enter")
    tab.locator(".exchange[data-state=done]").nth(before).wait_for()
    tab.wait_for_timeout(SETTLE_MS)


@row("S1", "0 scripts run, 0 pages left, the citation opens its true sentence", quick=5, full=150)
def scripts_in_answers_and_reports(count: int, tally: Tally, folder: Path) -> None:
    numbers = [number % len(SCRIPTS) for number in range(max(count, len(SCRIPTS)))]
    with sink() as outside, page(folder, outside.url) as served, opened(served) as tab:
        dialogs: list[str] = []
        tab.on("dialog", lambda dialog: (dialogs.append(dialog.message), dialog.dismiss()))
        sentences = tab.evaluate(
            "[...document.querySelectorAll('#report p')].map(p => p.innerText)"
        )
        tally.check(len(sentences) > len(SCRIPTS) / 2, f"{len(sentences)} paragraphs are shown")
        for number in spread(numbers, count):
            with tally.attempt(SCRIPTS[number]):
                ask(tab, number)
                assert tab.evaluate("window.pwned === undefined || window.pwned instanceof Element")
                assert not dialogs, dialogs
                assert tab.url.split("?")[0].split("#")[0] == served.url, tab.url
                last = tab.locator(".exchange").last
                assert last.locator("script, iframe, object, embed, img, form, style").count() == 0
                last.locator("a.cite").first.click()
                here = "".join(tab.locator("#report mark.here").all_text_contents())
                quoted = last.locator(".source q").first.text_content() or ""
                assert here, "the citation opened nothing"
                assert here.strip() == quoted.strip(), (here, quoted)
        tally.check(outside.asked == [], f"asked outside: {outside.asked[:3]}")


@row("S2", "0 requests reach a server outside", quick=5, full=96)
def requests_from_answers_and_reports(count: int, tally: Tally, folder: Path) -> None:
    first = len(SCRIPTS)
    numbers = [first + number % len(REQUESTS) for number in range(max(count, len(REQUESTS)))]
    with sink() as outside, page(folder, outside.url) as served, opened(served) as tab:
        for number in spread(numbers, count):
            before = len(outside.asked)
            with tally.attempt(REQUESTS[number - first]):
                ask(tab, number)
                assert len(outside.asked) == before, outside.asked[before:]
        tab.wait_for_timeout(5 * SETTLE_MS)
        tally.check(outside.asked == [], f"{outside.asked[:3]}")
