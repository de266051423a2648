"""The server behind the page: many readers at once, closed routes, signals, a taken port."""

import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import httpx
import pytest
from gradio_client import Client

from tests.e2e.conftest import ROOT, start_server

READERS = 32


def connect(url: str) -> Client:
    return Client(url, verbose=False, analytics_enabled=False)


def test_readers_who_ask_at_once_each_get_their_own_answer(serve: Callable[[str], str]) -> None:
    url = serve("plain")
    start = threading.Barrier(READERS)

    def read(number: int) -> str:
        client = connect(url)
        start.wait()
        return str(client.predict(f"量子比特 {number:02d}号", api_name="/chat")[0])

    with ThreadPoolExecutor(READERS) as pool:
        conversations = list(pool.map(read, range(READERS)))
    for number, html in enumerate(conversations):
        assert html.count('class="exchange"') == 1
        assert f"量子比特 {number:02d}号" in html
        assert 'data-state="done"' in html


def test_a_reader_has_one_conversation_and_nobody_elses(serve: Callable[[str], str]) -> None:
    first, second = connect(serve("plain")), connect(serve("plain"))
    first.predict("量子比特", api_name="/chat")
    mine = str(first.predict("充电", api_name="/chat")[0])
    theirs = str(second.predict("充电", api_name="/chat")[0])
    assert mine.count('class="exchange"') == 2
    assert theirs.count('class="exchange"') == 1
    assert "查的是：量子比特 充电" in mine
    assert "查的是" not in theirs


@pytest.mark.parametrize(
    "path",
    [
        "gradio_api/file=http://127.0.0.1:9/x",
        "gradio_api/file%3Dhttps://outside.test/x",
        "gradio_api/FILE=HTTP://outside.test",
        "gradio_api/%2566ile=http://outside.test",
        "gradio_api/proxy=http://outside.test",
        "monitoring",
        "monitoring/summary",
        "gradio_api/runs",
        "gradio_api/deep_link",
        "docs",
        "openapi.json",
        "gradio_api/file=/etc/passwd",
    ],
)
def test_routes_that_the_page_does_not_need_are_closed(
    serve: Callable[[str], str], path: str
) -> None:
    response = httpx.get(serve("plain") + path)
    assert response.status_code in (403, 404)
    assert "root:" not in response.text
    assert "Traceback" not in response.text


def test_uploads_and_large_bodies_are_refused(serve: Callable[[str], str]) -> None:
    url = serve("plain")
    upload = httpx.post(url + "gradio_api/upload", files={"files": ("a.txt", b"x")})
    assert upload.status_code == 404
    large = b'{"data":["' + b"x" * 300_000 + b'"]}'
    assert httpx.post(url + "gradio_api/queue/join", content=large).status_code == 413
    in_pieces = (large[start : start + 10_000] for start in range(0, len(large), 10_000))
    assert httpx.post(url + "gradio_api/queue/join", content=in_pieces).status_code == 413


def test_every_response_carries_the_policy(serve: Callable[[str], str]) -> None:
    for path in ("", "monitoring"):
        headers = httpx.get(serve("plain") + path).headers
        assert "default-src 'self'" in headers["content-security-policy"]
        assert "connect-src 'self'" in headers["content-security-policy"]
        assert headers["x-content-type-options"] == "nosniff"
        assert headers["referrer-policy"] == "no-referrer"


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_ends_the_server_in_mid_answer(number: signal.Signals) -> None:
    server = start_server("tests.e2e.serve", "plain")
    asked = httpx.post(server.url + "gradio_api/call/chat", json={"data": ["@slow"]})
    assert asked.status_code == 200
    time.sleep(0.5)
    started = time.monotonic()
    assert server.stop(number) == 0
    assert time.monotonic() - started < 5


def test_a_taken_port_is_one_clear_line(serve: Callable[[str], str]) -> None:
    port = serve("plain").rstrip("/").rsplit(":", 1)[1]
    second = subprocess.run(
        [sys.executable, "-u", "-m", "tests.e2e.serve", port, "plain"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert second.returncode == 1
    assert f"AskReportError: Cannot listen on 127.0.0.1:{port}" in second.stderr.splitlines()[-1]
