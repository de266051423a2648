"""What a reader sees when all places are taken, and with a login."""

import asyncio
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from playwright.sync_api import Browser, expect

from askreport.web import change_user
from askreport.web.page import CONCURRENT_ANSWERS
from askreport.web.serving import QUEUE_SIZE
from askreport.web.strings import CHINESE
from tests.torture.readers import Reader, many, page, start_chat
from tests.torture.shared import report_index

PASSWORD = "correct horse"


async def take_all_places(url: str, function: int) -> None:
    async with many() as client:
        for number in range(CONCURRENT_ANSWERS + QUEUE_SIZE + 4):
            reader = Reader(client, url, function, f"taken{number}")
            word = "hold" if number < CONCURRENT_ANSWERS else "echo"
            await reader.join(f"{word} {number}")


def test_a_reader_without_a_place_is_told_so_and_keeps_the_question(
    tmp_path: Path, browser: Browser
) -> None:
    with page(tmp_path) as served:
        tab = browser.new_context(locale="zh-CN").new_page()
        tab.goto(served.url)
        tab.locator("html[data-ready]").wait_for()
        with ThreadPoolExecutor(1) as thread:  # Playwright has a loop in this one
            taken = take_all_places(served.url, served.function("chat"))
            thread.submit(asyncio.run, taken).result()
        tab.locator("#question textarea").fill("echo 我的问题")
        tab.keyboard.press("Enter")
        expect(tab.get_by_text(CHINESE.overloaded)).to_be_visible()
        expect(tab.locator("#question textarea")).to_have_value("echo 我的问题")
        tab.context.close()


def test_a_reader_logs_in_and_asks(tmp_path: Path, browser: Browser) -> None:
    users = tmp_path / "users.txt"
    change_user(users, "anna", PASSWORD)
    options = ("--index-dir", report_index(), "--set", "reports.folder=none")
    served = start_chat(tmp_path, *options, "--auth-file", users)
    try:
        credentials = {"username": "anna", "password": PASSWORD}
        tab = browser.new_context(locale="zh-CN", http_credentials=credentials).new_page()
        tab.goto(served.url)
        tab.locator("html[data-ready]").wait_for()
        tab.locator("#question textarea").fill("什么是低空经济？")
        tab.keyboard.press("Enter")
        expect(tab.locator(".exchange[data-state=done] a.cite").first).to_be_visible()
        tab.context.close()
    finally:
        served.end()
