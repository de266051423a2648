"""Make the pictures of docs/: python docs/screenshots.py [INDEX_FOLDER].

Serves the page over the reports folder's index with quoting answers, and photographs eight states
in Chromium (ASKREPORT_TEST_CHROMIUM, default /usr/bin/chromium). Needs the `test` extra.
"""

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

from playwright.sync_api import Browser, Page, expect, sync_playwright

HERE = Path(__file__).parent
CHROMIUM = os.environ.get("ASKREPORT_TEST_CHROMIUM", "/usr/bin/chromium")
DESKTOP = {"viewport": {"width": 1440, "height": 900}, "locale": "zh-CN"}
PHONE = {
    "viewport": {"width": 390, "height": 844},
    "locale": "zh-CN",
    "device_scale_factor": 2,
    "has_touch": True,
    "is_mobile": True,
}
REFUSED = "这份报告的作者昨天午饭吃了什么？"


def ask(page: Page, question: str = "") -> None:
    """Ask `question`, or the second example, and wait for the answer."""
    if question:
        page.locator("#question textarea").fill(question)
        page.keyboard.press("Enter")
    else:
        page.locator("#examples button").nth(1).click()
    page.locator(".exchange[data-state=done]").last.wait_for()
    page.wait_for_timeout(500)


def cited(page: Page) -> None:
    """An answer, and its second citation opened in the report."""
    ask(page)
    page.locator("a.cite").nth(min(1, page.locator("a.cite").count() - 1)).click()
    page.wait_for_timeout(900)
    expect(page.locator("#report mark.here").first).to_be_in_viewport()


def found(page: Page) -> None:
    """Words found in the report: those that the first chapter's title ends with."""
    title = page.locator("#report h3").first.text_content() or ""
    page.locator(".find input").fill(title[-2:])
    page.wait_for_timeout(900)


STATES: dict[str, tuple[dict[str, Any], Callable[[Page], None]]] = {
    "welcome": (DESKTOP, lambda page: page.wait_for_timeout(300)),
    "page": (DESKTOP, cited),
    "refused": (DESKTOP, lambda page: ask(page, REFUSED)),
    "dark": ({**DESKTOP, "color_scheme": "dark"}, cited),
    "english": ({**DESKTOP, "locale": "en-US"}, ask),
    "find": (DESKTOP, found),
    "phone": (PHONE, ask),
    "sheet": (PHONE, cited),
}


def photograph(browser: Browser, url: str, name: str) -> None:
    """Bring a fresh visit into the state `name` and keep its picture."""
    context, act = STATES[name]
    page = browser.new_context(**context).new_page()
    page.goto(url)
    switch = "中文" if context["locale"] == "en-US" else "English"
    page.locator("#switch", has_text=switch).wait_for()
    page.locator("html[data-ready]").wait_for()
    act(page)
    page.screenshot(path=HERE / f"{name}.png")
    page.context.close()


def main() -> None:
    """Serve, photograph every state, end the server."""
    command = [sys.executable, "-m", "askreport", "chat", "--port", "0"]
    command += ["--index-dir", sys.argv[1]] if len(sys.argv) > 1 else []
    server = subprocess.Popen(command, cwd=HERE.parent, stdout=subprocess.PIPE, text=True)
    assert server.stdout is not None
    try:
        url = next(line.split()[1] for line in server.stdout if line.startswith("Open "))
        with sync_playwright() as playwright:
            chromium = playwright.chromium.launch(
                executable_path=CHROMIUM, args=["--no-sandbox", "--disable-gpu"]
            )
            for name in STATES:
                photograph(chromium, url, name)
            chromium.close()
    finally:
        server.terminate()
        server.wait(timeout=10)


if __name__ == "__main__":
    main()
