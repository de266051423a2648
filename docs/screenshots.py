"""Make the pictures of docs/: python docs/screenshots.py [INDEX_FOLDER [NAME...]].

Serves the page over the reports folder with quoting answers, and photographs the states of the page
and the steps of walkthrough.md in Chromium (ASKREPORT_TEST_CHROMIUM, default /usr/bin/chromium).
What readers say is kept in a folder of its own, so evals/ stays as it is. Needs the `test` extra.
"""

import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final

from PIL import Image
from playwright.sync_api import Browser, Page, expect, sync_playwright

HERE = Path(__file__).parent
ROOT = HERE.parent
CHROMIUM = os.environ.get("ASKREPORT_TEST_CHROMIUM", "/usr/bin/chromium")
COLOURS = 256  # of a picture: all that a page of text has, at a third of the bytes
ANSWER_MILLISECONDS = 60_000
DESKTOP: Final[dict[str, Any]] = {"viewport": {"width": 1280, "height": 800}, "locale": "zh-CN"}
PHONE: Final[dict[str, Any]] = {
    "viewport": {"width": 390, "height": 844},
    "locale": "zh-CN",
    "device_scale_factor": 2,
    "has_touch": True,
    "is_mobile": True,
}
REFUSED = "这份报告的作者昨天午饭吃了什么？"


def ask(page: Page, question: str = "") -> None:
    """Ask `question`, or the second example, and wait for the answer."""
    before = page.locator(".exchange").count()
    if question:
        page.locator("#question textarea").fill(question)
        page.keyboard.press("Enter")
    else:
        page.locator("#examples button").nth(1).click()
    done = page.locator(".exchange[data-state=done]").nth(before)
    done.wait_for(timeout=ANSWER_MILLISECONDS)
    page.wait_for_timeout(500)


def cited(page: Page) -> None:
    """An answer, and its last citation opened in the report."""
    ask(page)
    page.locator("a.cite").last.click()
    page.wait_for_timeout(900)
    expect(page.locator("#report mark.here").first).to_be_in_viewport()


def found(page: Page) -> None:
    """Words found in the report: those that the first chapter's title ends with."""
    title = page.locator("#report h3").first.text_content() or ""
    page.locator(".find input").fill(title[-2:])
    page.wait_for_timeout(900)


# The states of the page, each a visit of its own.
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


def thumb_down(page: Page) -> None:
    """Step 5 of the walk: say what is wrong, and show the right place."""
    ask(page)
    page.locator(".thumb[data-verdict=bad]").last.click()
    page.locator("#feedback input[value=wrong_place]:visible").check()
    page.locator("#report .block").nth(1).click(click_count=3)
    page.wait_for_timeout(300)


def evaluation(page: Page) -> None:
    """Step 6: the thumb down is sent, and stands among the test questions."""
    thumb_down(page)
    page.locator("#feedback [type=submit]:visible").click()
    page.locator("#feedback-note .feedback-note[data-kept=yes]").wait_for()
    page.locator(".to-evaluation").click()
    page.locator("#sets input").nth(1).wait_for()
    page.locator("#sets input").first.check()
    page.locator("#variants textarea").nth(1).fill("answer.sentences=1")
    page.locator("#run").click()
    page.locator("#results .tiles").wait_for(timeout=10 * ANSWER_MILLISECONDS)
    page.wait_for_timeout(500)


def exported(page: Page) -> None:
    """Step 7: the conversation is taken away."""
    ask(page)
    with page.expect_download():
        page.locator(".export [data-form=md]").click()
    page.locator(".export").scroll_into_view_if_needed()
    page.wait_for_timeout(300)


# What the walk has beside the states.
STEPS: dict[str, tuple[dict[str, Any], Callable[[Page], None]]] = {
    "feedback": (DESKTOP, thumb_down),
    "evaluation": (DESKTOP, evaluation),
    "export": (DESKTOP, exported),
}


def photograph(
    browser: Browser, url: str, name: str, context: dict[str, Any], act: Callable[[Page], None]
) -> None:
    """Bring a fresh visit into a state and keep its picture, in few colours."""
    page = browser.new_context(**context).new_page()
    page.goto(url)
    switch = "中文" if context["locale"] == "en-US" else "English"
    page.locator("#switch", has_text=switch).wait_for()
    page.locator("html[data-ready]").wait_for()
    act(page)
    file = HERE / f"{name}.png"
    page.screenshot(path=file)
    with Image.open(file) as picture:
        few = picture.convert("RGB").quantize(
            COLOURS, method=Image.Quantize.MAXCOVERAGE, dither=Image.Dither.NONE
        )
    few.save(file, optimize=True)
    page.context.close()


@contextmanager
def serving(index: str | None) -> Iterator[str]:
    """Address of the page, in a folder of its own with the project's reports and questions."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        for part in ("reports", "evals"):
            shutil.copytree(ROOT / part, folder / part)
        where = ["--index-dir", str(Path(index).resolve())] if index else []
        server = subprocess.Popen(
            [sys.executable, "-m", "askreport", "chat", "--port", "0", *where],
            cwd=folder,
            stdout=subprocess.PIPE,
            text=True,
        )
        assert server.stdout is not None
        try:
            yield next(line.split()[1] for line in server.stdout if line.startswith("Open "))
        finally:
            server.terminate()
            server.wait(timeout=30)


def main() -> None:
    """Serve, photograph every state and step, end the server."""
    with (
        serving(sys.argv[1] if len(sys.argv) > 1 else None) as url,
        sync_playwright() as playwright,
    ):
        chromium = playwright.chromium.launch(
            executable_path=CHROMIUM, args=["--no-sandbox", "--disable-gpu"]
        )
        every = {**STATES, **STEPS}
        for name in sys.argv[2:] or every:
            photograph(chromium, url, name, *every[name])
        chromium.close()


if __name__ == "__main__":
    main()
