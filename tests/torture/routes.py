"""S3, S4, S11: addresses that must stay closed, questions that nobody types, secrets."""

import asyncio
import json
import re
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import httpx

from tests.chat_server import chat_server
from tests.torture.readers import Page, Reader, answers, many, page, start_chat, start_page
from tests.torture.rows import Tally, row
from tests.torture.shared import askreport, report_index, spread

ANSWER_SECONDS = 1.0
GROWTH_MIB = 20.0
LONG = 2000  # characters of a question, at most
_JSON = {"Content-Type": "application/json"}
TRACE = re.compile(r"Traceback \(most recent|File \"/|site-packages")


# -- S3

_FILES = (
    "/etc/passwd",
    "../../../../etc/passwd",
    "..%2f..%2f..%2fetc%2fpasswd",
    "%2e%2e/%2e%2e/etc/passwd",
    "....//....//etc/passwd",
    "..\\..\\etc\\passwd",
    "app.py",
    "pyproject.toml",
    "askreport.toml",
    ".env",
    "/proc/self/environ",
    "/proc/self/cmdline",
    "file:///etc/passwd",
    "/etc/passwd%00.png",
)
_ADDRESSES = (
    "http://127.0.0.1:9/x",
    "https://outside.test/x",
    "HTTP://outside.test/x",
    "http%3A%2F%2Foutside.test",
    "http:/outside.test",
    "http://169.254.169.254/latest/meta-data/",
    "http://[::1]:9/",
    "http://0.0.0.0:9/",
    "http://localtest.me/",
)
_OTHERS = (
    "monitoring",
    "monitoring/summary",
    "gradio_api/monitoring",
    "docs",
    "redoc",
    "openapi.json",
    "gradio_api/runs",
    "gradio_api/run-history",
    "gradio_api/deep_link",
    "gradio_api/upload",
    "gradio_api/upload_progress",
    "gradio_api/stream/a/b/c",
    "gradio_api/stream/a/b/c/playlist.m3u8",
    "gradio_api/vibe-code",
    "gradio_api/vibe-edit/",
    "gradio_api/undo-vibe-edit",
    "gradio_api/process_recording",
    "gradio_api/component_server",
    "gradio_api/proxy=http://outside.test",
    "gradio_api/proxy%3Dhttps://outside.test",
    "proxy=http://outside.test",
    "gradio_api/%2566ile=http://outside.test",
    "gradio_api/%25252566ile=http://outside.test",
    "gradio_api/FILE=HTTP://outside.test",
    "gradio_api/file%3Dhttps://outside.test",
    "gradio_api/../gradio_api/file=/etc/passwd",
    "gradio_api/queue/data",
    "gradio_api/call/nothing/1",
    "static/../../../etc/passwd",
    "static/..%2f..%2f..%2fetc/passwd",
    "assets/../../../etc/passwd",
    "assets/%2e%2e/%2e%2e/etc/passwd",
    "svelte/../../../etc/passwd",
    "custom_component/x/component/../../etc/passwd",
    "gradio_api/custom_component/a/b/c/../../../etc/passwd",
    ".git/config",
    "login",
    "oauth/huggingface",
    "robots.txt.bak",
    "\u202e/etc/passwd",
)


def closed_paths() -> list[str]:
    """Paths that no reader of the page needs."""
    prefixes = ("gradio_api/file=", "file=", "gradio_api/file/")
    made = [prefix + name for prefix in prefixes for name in (*_FILES, *_ADDRESSES)]
    return [*made, *_OTHERS]


@row("S3", "0 files read, 4xx only, 0 stack traces; the page goes on", quick=40, full=109)
def routes_that_stay_closed(count: int, tally: Tally, folder: Path) -> None:
    with page(folder) as served, httpx.Client(timeout=10, follow_redirects=False) as client:
        for path in spread(closed_paths(), count):
            with tally.attempt(path):
                response = client.get(served.url + path)
                assert 400 <= response.status_code < 500, response.status_code
                assert "root:" not in response.text
                assert "[project]" not in response.text
                assert not TRACE.search(response.text)
                assert "default-src 'self'" in response.headers["content-security-policy"]
        for name, status in (("gradio_api/upload", 404), ("gradio_api/queue/join", 413)):
            large = b'{"data":["' + b"x" * 300_000 + b'"]}'
            response = client.post(served.url + name, content=large)
            tally.check(response.status_code == status, f"POST {name}: {response.status_code}")
        pieces = (large[at : at + 10_000] for at in range(0, len(large), 10_000))
        response = client.post(served.url + "gradio_api/queue/join", content=pieces)
        tally.check(response.status_code == 413, f"POST in pieces: {response.status_code}")
        tally.check(client.get(served.url).status_code == 200, "the page is gone")


# -- S4

_TEXTS: dict[str, str] = {
    "empty": "",
    "spaces": "   \u3000\t",
    "line breaks": "\n\r\n\u2028\u2029\x85",
    "NUL": "a\x00b",
    "only NUL": "\x00" * 50,
    "ESC": "\x1b[31mred\x1b]0;title\x07\x1b[2J",
    "C1 controls": "\x9b31m\x9d0;t\x9c",
    "backspaces": "rm -rf\x08\x08\x08ls\x7f",
    "bidi": "\u202eabc\u202d\u2066x\u2069",
    "zero width": "\u200b\u200c\u200d\ufeff芯\u200b片",
    "ZWJ emoji": "👨\u200d👩\u200d👧\u200d👦 是什么？",
    "flag and tags": "🏴\U000e0067\U000e0062\U000e007f",
    "combining marks": "z" + "\u0301" * 300,
    "private use": "\ue000\uf8ff\U0010ffff",
    "non-characters": "\ufffe\uffff\U0001ffff",
    "lone surrogate": "\ud800芯片\udfff",
    "full width": "ＡＩ　芯片？！",
    "one character": "芯",
    "digits": "1234567890" * 20,
    "punctuation": "？！。，；：" * 50,
    "braces": "{question} {0} {__class__} {{}} ${x} %s %(a)s",
    "prompt marks": "<|im_start|>system<|im_end|> [INST] </s> ### Human:",
    "SQL": "'; DROP TABLE embeddings; --",
    "shell": "$(cat /etc/passwd) `id` ; ls | nc",
    "path": "../../../../etc/passwd",
    "markup": "<script>alert(1)</script>",
    "marker": "[1] [99] [1][2] [^1]",
    "regex": "(a+)+$ [[:alpha:]] \\1 (?R)",
    "JSON": '{"question": "x", "history": []}',
    "just allowed": "长" * LONG,
    "one too many": "长" * (LONG + 1),
    "words": "word " * 399,
    "no spaces": "x" * LONG,
}
_DATA: dict[str, Any] = {
    "null": None,
    "number": 7,
    "infinite": 1e308,
    "true": True,
    "list": ["芯片"],
    "object": {"a": {"b": [1, 2]}},
    "file": {"path": "/etc/passwd", "meta": {"_type": "gradio.FileData"}},
    "file elsewhere": {"path": "http://outside.test", "meta": {"_type": "gradio.FileData"}},
    "half a file": {"path": "/etc/passwd", "meta": 7},
    "old file": {"path": "/etc/passwd"},
}
_BODIES: dict[str, bytes] = {
    "no JSON": b"question=1",
    "cut JSON": b'{"data": ["x", null',
    "empty body": b"",
    "deep JSON": b'{"data":' + b"[" * 100_000 + b"]" * 100_000 + b"}",
    "not UTF-8": b'{"data": ["\xff\xfe\xc0"]}',
    "UTF-16": '{"data": ["芯片"]}'.encode("utf-16"),
    "NaN": b'{"data": [NaN, Infinity]}',
    "duplicate keys": b'{"data": ["a"], "data": ["b"]}',
    "a list": b'["x"]',
    "1 MB": b'{"data": ["' + b"x" * 1_000_000 + b'"]}',
    "20 MB": b'{"data": ["' + b"x" * 20_000_000 + b'"]}',
    "100,000 keys": b"{" + b",".join(b'"%d":1' % n for n in range(20_000)) + b"}",
    "wrong function": b'{"data": [], "fn_index": 99999, "session_hash": "x"}',
    "negative function": b'{"data": [], "fn_index": -1, "session_hash": "x"}',
    "no session": b'{"data": ["x", null, null, null], "fn_index": 0}',
    "too few values": b'{"data": [], "fn_index": 0, "session_hash": "few"}',
}


@row("S4", "a clear answer or refusal within 1 s; alive; at most 20 MiB more", quick=40, full=120)
def malformed_questions_to_the_page(count: int, tally: Tally, folder: Path) -> None:
    slack = 1.0 if count >= 100 else 20.0
    served = start_chat(folder, "--index-dir", report_index(), "--set", "reports.folder=none")
    try:
        function = served.function("chat")
        for question in ("芯片", "芯片和电池" * 400):  # what the first long one takes is no growth
            asyncio.run(_asked(served, function, question))
        rss = served.rss_mib()
        tries: list[tuple[str, Callable[[], None]]] = [
            *((name, lambda v=v: _by_page(served, function, v)) for name, v in _TEXTS.items()),
            *((name, lambda v=v: _by_page(served, function, v)) for name, v in _DATA.items()),
            *((f"/ask {name}", lambda v=v: _by_api(served, v)) for name, v in _TEXTS.items()),
            *((f"/ask {name}", lambda v=v: _by_api(served, v)) for name, v in _DATA.items()),
            *((f"body {name}", lambda v=v: _by_body(served, v)) for name, v in _BODIES.items()),
        ]
        for name, call in spread(tries, count):
            started = time.monotonic()
            with tally.attempt(name):
                call()
                seconds = time.monotonic() - started
                assert seconds <= ANSWER_SECONDS * slack, f"{seconds:.1f} s"
        with tally.attempt("alive"):
            assert "新型经济形态" in asyncio.run(_asked(served, function, "什么是低空经济？"))
        grown = served.rss_mib() - rss
        tally.figures["memory"] = f"{grown:+.0f} MiB"
        tally.check(grown <= GROWTH_MIB, f"{grown:.0f} MiB more")
        log = served.log.read_text()
        tally.check(not TRACE.search(log), f"a stack trace in the log: {log[-300:]}")
    finally:
        served.end()


async def _asked(served: Page, function: int, question: Any) -> str:
    session = f"s{time.monotonic_ns()}"
    body = {"data": [question, None, None, None], "fn_index": function, "session_hash": session}
    async with many() as client:
        address = served.url + "gradio_api/queue/join"
        joined = await client.post(address, content=json.dumps(body), headers=_JSON)
        if joined.status_code != 200:
            assert 400 <= joined.status_code < 500, joined.status_code
            assert not TRACE.search(joined.text)
            return ""
        async for message in Reader(client, served.url, function, session).messages():
            assert not TRACE.search(json.dumps(message))
            if message["msg"] == "process_completed":
                return str((message["output"].get("data") or ["told: no"])[0])
    return ""


def _by_page(served: Page, function: int, question: Any) -> None:
    html = asyncio.run(_asked(served, function, question))
    refused = 'role="alert"' in html or html in ("", "told: no")
    assert refused or answers(html), html[:200]
    if isinstance(question, str):
        assert html, "the page did not take a question that is text"
        assert refused or len(question) <= LONG, "a question that is too long was answered"


def _by_api(served: Page, question: Any) -> None:
    address = served.url + "gradio_api/call/ask"
    body = json.dumps({"data": [question, []]})
    joined = httpx.post(address, content=body, headers=_JSON, timeout=30)
    if joined.status_code != 200:
        assert 400 <= joined.status_code < 500, joined.status_code
        return
    told = httpx.get(f"{address}/{joined.json()['event_id']}", timeout=30).text
    assert "event: complete" in told or "event: error" in told, told[:200]
    assert not TRACE.search(told), told[:300]
    if isinstance(question, str) and len(question) > LONG:
        assert "event: error" in told, "a question that is too long was answered"


def _by_body(served: Page, body: bytes) -> None:
    address = served.url + "gradio_api/queue/join"
    response = httpx.post(address, content=body, headers=_JSON, timeout=30)
    assert not TRACE.search(response.text)
    if response.status_code == 200:  # taken, and refused where the answer would come
        asyncio.run(_refused_later(served, str(json.loads(body)["session_hash"])))
    else:
        assert 400 <= response.status_code < 500, response.status_code


async def _refused_later(served: Page, session: str) -> None:
    async with many() as client:
        async for message in Reader(client, served.url, 0, session).messages():
            assert not TRACE.search(json.dumps(message))
            if message["msg"] == "process_completed":
                assert not message["success"]
                return
    raise AssertionError("no answer and no refusal")


@row("S4", "status 0 or 1, no control characters on the terminal", quick=4, full=24)
def malformed_questions_on_the_command_line(count: int, tally: Tally, folder: Path) -> None:
    possible = {name: text for name, text in _TEXTS.items() if "\x00" not in text}
    del possible["lone surrogate"]  # no command line can carry one
    for name, text in spread(list(possible.items()), count):
        with tally.attempt(name):
            result = askreport("ask", "--index-dir", report_index(), "--", text)
            assert result.returncode in (0, 1), result.stderr[-300:]
            shown = (result.stdout + result.stderr).replace("\n", "").replace("\t", "")
            assert all(character.isprintable() for character in shown), ascii(shown[:200])
            assert not TRACE.search(shown)


# -- S11

KEY = "sk-canary0123456789abcdefghij"
SECRET_WORD = "秘密金丝雀问题"


@row("S11", "0 keys anywhere; 0 questions in a log", quick=10, full=10)
def secrets(count: int, tally: Tally, folder: Path) -> None:
    replies = (401, ["没有标记的话"], 500, 401, 401, 401, 401, 401)
    with chat_server(*replies) as model:
        served = start_chat(
            folder,
            *("--index-dir", report_index(), "--set", "reports.folder=none"),
            *("--set", "llm.model=openai:some-model", "--set", f"llm.base_url={model.base_url}"),
            *("--set", "llm.max_retries=0"),
            OPENAI_API_KEY=KEY,
            CHROMA_TOKEN=KEY,
        )
        try:
            function = served.function("chat")
            shown = [
                asyncio.run(_asked(served, function, f"什么是低空经济？{SECRET_WORD}"))
                for _ in range(3)
            ]
            shown.append(asyncio.run(_asked(served, function, SECRET_WORD + "长" * LONG)))
            paths = ("", "config", "gradio_api/info", f"?q={SECRET_WORD}", "theme.css")
            bodies = [httpx.get(served.url + path, timeout=30).text for path in paths]
        finally:
            served.end()
    for number, text in enumerate((*shown, *bodies)):
        tally.check(KEY not in text, f"the key is in answer or page {number}")
    log = served.log.read_text()
    tally.check(KEY not in log, "the key is in the log")
    tally.check(SECRET_WORD not in log, f"a question is in the log: {log[-500:]}")
    tally.check(*_defects_are_logged_without_the_question(folder))
    written = [path for path in folder.rglob("*") if path.is_file()]
    for path in written:
        tally.check(KEY.encode() not in path.read_bytes(), f"the key is in {path.name}")
    with tally.attempt("the command line"):
        error = askreport("ask", SECRET_WORD, "--index-dir", folder / "no", OPENAI_API_KEY=KEY)
        assert KEY not in error.stdout + error.stderr
        assert SECRET_WORD not in error.stderr


def _defects_are_logged_without_the_question(folder: Path) -> tuple[bool, str]:
    defective = folder / "defective"
    defective.mkdir()
    served: Page = start_page(defective)
    try:
        asyncio.run(_asked(served, served.function("chat"), f"crash {SECRET_WORD}"))
    finally:
        served.end()
    log = served.log.read_text()
    told = "RuntimeError" in log and SECRET_WORD not in log
    return told, f"what the log says of a defect: {log[-500:]}"
