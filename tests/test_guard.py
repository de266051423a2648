"""The guard before Gradio: what it lets through, what it refuses, what it tells the log."""

import asyncio
import re
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import gradio as gr
import pytest

from askreport.web.guard import Guard, is_closed, names_a_file, tell_failures_in_one_line
from askreport.web.markup import clean


def request(
    path: str = "/", pieces: tuple[bytes, ...] = (b"",), headers: tuple[Any, ...] = ()
) -> tuple[int, dict[bytes, bytes], bytes]:
    """One request through a guard of 10 bytes around an app that echoes the body."""
    incoming = [
        {"type": "http.request", "body": piece, "more_body": number < len(pieces)}
        for number, piece in enumerate(pieces, start=1)
    ]
    sent: list[Any] = []

    async def receive() -> Any:
        return incoming.pop(0) if incoming else {"type": "http.disconnect"}

    async def send(message: Any) -> None:
        sent.append(message)

    async def echo(scope: Any, receive: Any, send: Any) -> None:
        body, more = b"", True
        while more:
            message = await receive()
            body, more = body + message["body"], message["more_body"]
        assert (await receive())["type"] == "http.disconnect"
        await send({"type": "http.response.start", "status": 200, "headers": []})
        await send({"type": "http.response.body", "body": body})

    scope = {"type": "http", "method": "POST", "path": path, "headers": list(headers)}
    guarded = Guard(echo, body_limit_bytes=10)(scope, receive, send)
    with ThreadPoolExecutor(1) as thread:  # a browser test may have left a loop in this one
        thread.submit(asyncio.run, guarded).result()
    return sent[0]["status"], dict(sent[0]["headers"]), sent[1]["body"]


def through(guard: Guard, body: bytes) -> tuple[int, bytes]:
    """Status and text of what `guard` answers to one request."""
    sent: list[Any] = []

    async def receive() -> Any:
        return {"type": "http.request", "body": body, "more_body": False}

    async def send(message: Any) -> None:
        sent.append(message)

    scope = {"type": "http", "method": "POST", "path": "/", "headers": []}
    with ThreadPoolExecutor(1) as thread:
        thread.submit(asyncio.run, guard(scope, receive, send)).result()
    return sent[0]["status"], sent[1]["body"]


def test_the_guard_passes_bodies_whole() -> None:
    status, headers, body = request(pieces=(b"01234", b"56789"))
    assert (status, body) == (200, b"0123456789")
    assert b"default-src 'self'" in headers[b"content-security-policy"]


def test_the_guard_refuses_large_bodies_by_header_and_by_count() -> None:
    assert request(headers=((b"content-length", b"11"),))[0] == 413
    assert request(pieces=(b"01234", b"56789", b"x"))[0] == 413
    assert request(pieces=(b"x",), headers=((b"content-length", b"1"),))[0] == 200


@pytest.mark.parametrize("length", [b"", b"-1", b"1e3", b"\xff", b"\xb2"])
def test_the_guard_survives_a_content_length_that_is_no_number(length: bytes) -> None:
    assert request(pieces=(b"x",), headers=((b"content-length", length),))[0] == 200


@pytest.mark.parametrize(
    "path",
    [
        "/gradio_api/file=https://outside.test",
        "/gradio_api/FILE=HTTPS://outside.test",
        "/gradio_api/file%3dhttp://outside.test",
        "/gradio_api/%2566ile=http://outside.test",
        "/gradio_api/upload",
        "/monitoring/summary",
        "/gradio_api/stream/a/b",
    ],
)
def test_closed_routes(path: str) -> None:
    assert is_closed(path)
    assert request(path)[0] == 404


@pytest.mark.parametrize("path", ["/", "/theme.css", "/gradio_api/queue/join", "/assets/index.js"])
def test_open_routes(path: str) -> None:
    assert not is_closed(path)


@pytest.mark.parametrize(
    "body",
    [
        b'{"data": [{"path": "/etc/passwd", "meta": {"_type": "gradio.FileData"}}]}',
        b'{"data": [[{"a": {"path": "http://outside.test/x", "meta": {}}}]]}',
        b'{"data": [{"p\\u0061th": "x", "\\u006deta": 7}]}',
        '{"data": [{"path": "x", "meta": {"_type": "gradio.FileData"}}]}'.encode("utf-16"),
    ],
)
def test_a_body_that_names_a_file_is_refused(body: bytes) -> None:
    assert names_a_file(body)


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"path meta",
        b'{"data": ["path", "meta", {"path": "x"}, {"meta": 7}]}',
        b'{"data": ["{\\"path\\": 1, \\"meta\\": 2}"]}',
        b"[" * 100_000,
        b"[" * 100_000 + b"]" * 100_000,
        b"\xff\xfe\xff",
    ],
)
def test_a_body_without_a_file_is_passed_on(body: bytes) -> None:
    assert not names_a_file(body)


def test_the_guard_refuses_a_file() -> None:
    async def app(scope: Any, receive: Any, send: Any) -> None:
        raise AssertionError("the app was called")

    assert through(Guard(app), b'{"path": "x", "meta": 1}')[0] == 400


@pytest.mark.parametrize("kind", [KeyError, ValueError, TypeError, RuntimeError])
def test_a_request_that_gradio_fails_at_is_one_line(
    kind: type[Exception], caplog: pytest.LogCaptureFixture
) -> None:
    async def app(scope: Any, receive: Any, send: Any) -> None:
        raise kind("words")

    assert through(Guard(app), b"") == (400, b"Bad request")
    line = app.__code__.co_firstlineno + 1
    told = f"A request came to nothing ({kind.__name__} at test_guard.py:{line})"
    assert [(each.getMessage(), each.exc_info) for each in caplog.records] == [(told, None)]


def test_a_defect_of_ours_is_no_bad_request(caplog: pytest.LogCaptureFixture) -> None:
    async def app(scope: Any, receive: Any, send: Any) -> None:
        clean(7)  # type: ignore[arg-type]

    assert through(Guard(app), b"") == (500, b"Server error")
    (record,) = caplog.records
    assert record.getMessage().startswith(
        "A request could not be served (AttributeError at markup.py:"
    )
    assert record.exc_info is None


def test_an_event_that_fails_is_told_in_one_line(caplog: pytest.LogCaptureFixture) -> None:
    async def failing(*data: str) -> None:
        with gr.Blocks() as page:
            box, choice = gr.Textbox(), gr.Dropdown(["a"])
            box.submit(lambda text, _: clean(int(text)), [box, choice], box)
        tell_failures_in_one_line(page)
        await page.process_api(0, list(data))

    def told(*data: str) -> str:
        with ThreadPoolExecutor(1) as thread, pytest.raises(gr.Error) as raised:
            thread.submit(asyncio.run, failing(*data)).result()
        assert not raised.value.print_exception  # so that Gradio does not print it
        return caplog.records.pop().getMessage()

    assert re.fullmatch(r"A request came to nothing \(ValueError at \w+\.py:\d+\)", told("words"))
    assert re.fullmatch(r"A request came to nothing \(Error at \w+\.py:\d+\)", told("7", "words"))
    assert told("7", "a").startswith("A request could not be served (AttributeError at markup.py:")
    assert not caplog.records


def test_the_guard_refuses_websockets() -> None:
    sent: list[Any] = []

    async def send(message: Any) -> None:
        sent.append(message)

    async def app(scope: Any, receive: Any, send: Any) -> None:
        raise AssertionError("the app was called")

    guarded = Guard(app)({"type": "websocket", "path": "/", "headers": []}, app, send)  # type: ignore[arg-type]
    with ThreadPoolExecutor(1) as thread:
        thread.submit(asyncio.run, guarded).result()
    assert sent == [{"type": "websocket.close", "code": 1008}]
