"""The server behind the page: conversations of one's own, headers, a taken port.

Crowds, closed routes and signals are rows of tests/torture.
"""

import subprocess
import sys
from collections.abc import Callable

import httpx
from gradio_client import Client

from tests.e2e.conftest import ROOT, crowd_out


def connect(url: str) -> Client:
    return Client(url, verbose=False, analytics_enabled=False)


def test_a_reader_has_one_conversation_and_nobody_elses(serve: Callable[[str], str]) -> None:
    first, second = connect(serve("plain")), connect(serve("plain"))
    first.predict("量子比特", None, None, api_name="/chat")
    mine = str(first.predict("充电", None, None, api_name="/chat")[0])
    theirs = str(second.predict("充电", None, None, api_name="/chat")[0])
    assert mine.count('class="exchange"') == 2
    assert theirs.count('class="exchange"') == 1
    assert "查的是：量子比特 充电" in mine
    assert "查的是" not in theirs


def test_a_dropped_session_goes_on_with_what_the_browser_kept(serve: Callable[[str], str]) -> None:
    reader = connect(serve("plain"))
    *_, kept = reader.predict("量子比特", None, "en", api_name="/chat")
    crowd_out(serve("plain"))
    without = str(connect(serve("plain")).predict("充电", None, "en", api_name="/chat")[0])
    mine = str(reader.predict("充电", kept, "en", api_name="/chat")[0])
    assert "Looked up" not in without
    assert "Looked up: 量子比特 充电" in mine


def test_a_conversation_that_was_emptied_does_not_come_back(serve: Callable[[str], str]) -> None:
    reader = connect(serve("plain"))
    *_, kept = reader.predict("量子比特", None, None, api_name="/chat")
    other = connect(serve("plain"))
    other.predict(" ", None, None, api_name="/chat")  # has an empty conversation from now on
    html = str(other.predict("充电", kept, None, api_name="/chat")[0])
    assert html.count('class="exchange"') == 1


def test_every_response_carries_the_policy(serve: Callable[[str], str]) -> None:
    for path in ("", "monitoring"):
        headers = httpx.get(serve("plain") + path).headers
        assert "default-src 'self'" in headers["content-security-policy"]
        assert "connect-src 'self'" in headers["content-security-policy"]
        assert headers["x-content-type-options"] == "nosniff"
        assert headers["referrer-policy"] == "no-referrer"


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
