"""The page in a real browser: servers on loopback, pages that report errors and requests."""

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx
import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page, expect, sync_playwright

from askreport.web.serving import MOST_SESSIONS

CHROMIUM = Path(os.environ.get("ASKREPORT_TEST_CHROMIUM", "/usr/bin/chromium"))
ROOT = Path(__file__).parents[2]
FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
PATIENCE_MS = 30_000  # for what comes at once, but where the machine has other work
SWITCH_WORD = {"zh-CN": "English", "en-US": "中文"}  # the switch offers the other language


@dataclass
class Server:
    """A running page and its process."""

    url: str
    process: subprocess.Popen[str]

    def stop(self, number: signal.Signals = signal.SIGTERM) -> int:
        """End it by a signal and return its exit status."""
        self.process.send_signal(number)
        try:
            return self.process.wait(timeout=30)
        finally:
            self.process.kill()
            self.process.wait()
            if self.process.stdout is not None:
                self.process.stdout.close()


@dataclass
class Visit:
    """An open page, and what it did that no page of ours may do."""

    page: Page
    errors: list[str] = field(default_factory=list)
    outside: list[str] = field(default_factory=list)

    def ask(self, question: str) -> None:
        """Type a question, press Enter, wait for the whole answer."""
        before = self.page.locator(".exchange").count()
        self.page.locator("#question textarea").fill(question)
        self.page.keyboard.press("Enter")
        self.page.locator(".exchange[data-state=done]").nth(before).wait_for()

    def wait_until_kept(self, exchanges: bool) -> None:
        """Wait until the browser keeps a conversation with exchanges, or one without."""
        kept = "(localStorage.getItem('askreport-conversation') || '').length > 200"
        self.page.wait_for_function(f"({kept}) === {str(exchanges).lower()}")

    def marked(self, kind: str) -> str:
        """The text that is marked in the report, in order."""
        return "".join(self.page.locator(f"#report mark.{kind}").all_text_contents())


def free_port() -> int:
    """A port that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def crowd_out(url: str) -> None:
    """Come with as many other sessions as the server remembers, so that it drops all before."""
    with httpx.Client(base_url=url, timeout=30) as client:
        found = client.get("config").json()["components"]
        report = next(one["id"] for one in found if one["props"].get("elem_id") == "report")
        for number in range(MOST_SESSIONS):
            wanted = {"data": "", "component_id": report, "fn_name": "leaf"}
            session = {"session_hash": f"other{time.monotonic_ns()}-{number}"}
            client.post("gradio_api/component_server", json=wanted | session).raise_for_status()


def start_server(module: str, *arguments: str) -> Server:
    """Start `python -m MODULE PORT ARGUMENTS` and wait until it prints its address."""
    process = subprocess.Popen(
        [sys.executable, "-u", "-m", module, str(free_port()), *arguments],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert process.stdout is not None
    url = process.stdout.readline().strip()
    assert url.startswith("http://127.0.0.1:"), f"the server did not start: {url!r}"
    return Server(url, process)


@pytest.fixture(scope="package")
def serve() -> Iterator[Callable[[str], str]]:
    """Address of the server of a kind; one server per kind for the whole session."""
    servers: dict[str, Server] = {}

    def address(kind: str) -> str:
        if kind not in servers:
            servers[kind] = start_server("tests.e2e.serve", kind)
        return servers[kind].url

    yield address
    for server in servers.values():
        server.stop()


@pytest.fixture(scope="package")
def browser() -> Iterator[Browser]:
    """One Chromium for the session."""
    expect.set_options(timeout=PATIENCE_MS)
    if not CHROMIUM.exists():
        pytest.fail(
            f"No Chromium at {CHROMIUM}. The page's tests need one: apt-get install chromium,"
            " or name yours in ASKREPORT_TEST_CHROMIUM"
        )
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        yield chromium
        chromium.close()


@contextmanager
def visits(browser: Browser) -> Iterator[Callable[..., Visit]]:
    """Opens pages; at the end no console error and no request outside may have happened."""
    opened: list[Visit] = []

    def open_page(
        url: str, *, locale: str = "zh-CN", width: int = 1280, path: str = "", **context: Any
    ) -> Visit:
        page = browser.new_context(
            locale=locale, viewport={"width": width, "height": 844}, **context
        ).new_page()
        one = Visit(page)
        opened.append(one)
        page.set_default_timeout(PATIENCE_MS)
        page.on("console", lambda message: _note_console(one, message.type, message.text))
        page.on("pageerror", lambda error: one.errors.append(str(error)))
        page.on("request", lambda request: _note_request(one, url, request.url))
        page.goto(url + path)
        page.locator("#switch", has_text=SWITCH_WORD[locale]).wait_for()
        page.locator("html[data-ready]").wait_for()
        return one

    yield open_page
    for one in opened:
        one.page.context.close()
    for one in opened:
        assert one.errors == []
        assert one.outside == []


def serious(page: Page) -> list[tuple[str, list[str]]]:
    """What axe finds serious or critical on a page: rule and the first elements."""
    page.wait_for_timeout(400)  # fades and sheets come to rest
    return [
        (one["id"], [node["html"][:200] for node in one["nodes"]][:3])
        for one in Axe().run(page).response["violations"]
        if one["impact"] in ("serious", "critical")
    ]


@pytest.fixture
def visit(serve: Callable[[str], str], browser: Browser) -> Iterator[Callable[..., Visit]]:
    """Open the page of a kind of server."""
    with visits(browser) as open_page:
        yield lambda kind="plain", **options: open_page(serve(kind), **options)


def _note_console(visit: Visit, kind: str, text: str) -> None:
    if kind in ("error", "warning"):
        visit.errors.append(text)


def _note_request(visit: Visit, own: str, url: str) -> None:
    if not url.startswith((own, "data:", "blob:")):
        visit.outside.append(url)
