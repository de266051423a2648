"""R8: chat and Chroma servers that are down, silent, broken: an answer with sources all the same."""

import socketserver
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from unittest.mock import patch

import httpx

from askreport import Assistant, build_index, open_assistant
from askreport.config import Settings, override
from askreport.index import open_index
from askreport.store import served
from tests.e2e.conftest import free_port
from tests.loopback import running
from tests.torture.rows import Tally, row
from tests.torture.shared import report_index, spread
from tests.torture.store import verified_here

DEADLINE_SECONDS = 3.0
SLACK_SECONDS = 20.0  # for the rest of an answer, beside other work on the machine
QUESTION = "第7号仪器的读数是多少？"
TEXT = "\n\n".join(f"第{number}号仪器的读数是{number * 7}毫米。" for number in range(30))

_REPLIES: dict[str, bytes | None] = {
    "down": None,
    "closes at once": b"",
    "stalls": b"",
    "status 500": b"HTTP/1.1 500 Oops\r\nContent-Length: 4\r\n\r\noops",
    "status 401": b"HTTP/1.1 401 No\r\nContent-Length: 2\r\n\r\n{}",
    "garbage for JSON": b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n<html>{[\xff",
    "JSON of another kind": b"HTTP/1.1 200 OK\r\nContent-Length: 7\r\n\r\n[1,{}]\n",
    "cut in the middle": b"HTTP/1.1 200 OK\r\nContent-Length: 900\r\n\r\n{",
    "drips": b"HTTP/1.1 200 OK\r\nContent-Length: 9000\r\n\r\n",
    "no HTTP": b"SSH-2.0-OpenSSH_9.6\r\n",
}
_SILENT = ("stalls", "drips")


class _Bad(socketserver.ThreadingTCPServer):
    """Answers every request in one bad way."""

    allow_reuse_address = True
    daemon_threads = True

    def __init__(self, port: int, kind: str) -> None:
        super().__init__(("127.0.0.1", port), _BadHandler)
        self.kind = kind
        self.over = threading.Event()


class _BadHandler(socketserver.BaseRequestHandler):
    server: _Bad

    def handle(self) -> None:
        if self.server.kind == "closes at once":
            return
        self.request.recv(65536)
        self.request.sendall(_REPLIES[self.server.kind] or b"")
        while self.server.kind in _SILENT and not self.server.over.wait(0.2):
            if self.server.kind == "drips":
                try:
                    self.request.sendall(b" ")
                except OSError:
                    return


@contextmanager
def bad_server(kind: str, port: int) -> Iterator[None]:
    """A server that fails in the way of `kind`; it ends with the block."""
    if kind == "down":
        yield
        return
    server = _Bad(port, kind)
    with running(server):
        try:
            yield
        finally:
            server.over.set()


@contextmanager
def chroma_server(folder: Path, port: int) -> Iterator[str]:
    """Chroma's own server over the files in `folder`; it ends with the block."""
    command = [str(Path(sys.executable).with_name("chroma")), "run", "--path", str(folder)]
    process = subprocess.Popen(
        [*command, "--host", "127.0.0.1", "--port", str(port)],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    address = f"http://127.0.0.1:{port}"
    try:
        for _ in range(600):
            assert process.poll() is None, "chroma run ended"
            try:
                httpx.get(f"{address}/api/v2/heartbeat", timeout=1)
                break
            except httpx.HTTPError:
                time.sleep(0.1)
        yield address
    finally:
        process.terminate()
        process.wait()


def settings_of(address: str, folder: Path, seconds: float = DEADLINE_SECONDS) -> Settings:
    """Settings with the vectors at `address`."""
    changes = {
        "index__chroma": address,
        "index__chroma_timeout_seconds": seconds,
        "index__directory": folder / "index",
    }
    return override(Settings(), changes)


def facts(folder: Path) -> Path:
    """A report of thirty facts."""
    path = folder / "facts.md"
    path.write_text(TEXT, encoding="utf-8")
    return path


def _kinds(count: int) -> list[str]:
    """`count` ways to fail: all of them, again and again, or some."""
    return spread(list(_REPLIES) * max(1, count // len(_REPLIES)), count)


@row("R8", "an answer with its source and a notice before the deadline: Chroma", quick=5, full=20)
def a_chroma_server_that_fails(count: int, tally: Tally, folder: Path) -> None:
    port = free_port()
    with chroma_server(folder / "chroma", port) as address:
        with verified_here():
            build_index([facts(folder)], settings=settings_of(address, folder, 60))
        settings = settings_of(address, folder)
        running = open_assistant(settings=settings)
        assert not running.ask(QUESTION).notice
    for kind in _kinds(count):
        with bad_server(kind, port), tally.attempt(f"opened while it {kind}"):
            _answers_with_notice(settings)
        with bad_server(kind, port), tally.attempt(f"a long open index while it {kind}"):
            running._searcher.index._store._exact.clear()  # type: ignore[union-attr]
            running._searcher.index._store._retry_at = 0  # type: ignore[union-attr]
            _has_notice(running)
    with chroma_server(folder / "chroma", port), tally.attempt("back again"):
        running._searcher.index._store._retry_at = 0  # type: ignore[union-attr]
        answer = running.ask(QUESTION)
        assert not answer.notice, answer.notice
        assert "49毫米" in answer.answer


def _answers_with_notice(settings: Settings) -> None:
    started = time.monotonic()
    assistant = open_assistant(settings=settings)
    _has_notice(assistant)
    assert time.monotonic() - started < DEADLINE_SECONDS + SLACK_SECONDS
    assistant._searcher.index.close()


def _has_notice(assistant: Assistant) -> None:
    started = time.monotonic()
    answer = assistant.ask(QUESTION)
    assert time.monotonic() - started < DEADLINE_SECONDS + SLACK_SECONDS
    assert "字面" in answer.notice, answer.notice
    assert "49毫米" in answer.answer, answer.answer


@row(
    "R8",
    "the same vectors, found alike, swapped by the pointer, nothing left over",
    quick=7,
    full=7,
)
def a_chroma_server_that_works(count: int, tally: Tally, folder: Path) -> None:
    port, report = free_port(), facts(folder)
    with chroma_server(folder / "chroma", port) as address, verified_here():
        settings = settings_of(address, folder, 60)
        tally.check(build_index([report], settings=settings).built, "not built")
        tally.check(not build_index([report], settings=settings).built, "built twice")
        files = build_index([report], folder / "files")
        ours, theirs = open_index(folder / "files"), open_index(folder / "index")
        for kind, at in (("passages", 1), ("sentences", 7)):
            with tally.attempt(f"neighbours among {kind}"):
                vector = ours.vectors(kind, [at])[0]
                expected = ours.nearest(kind, vector, 5)[0].tolist()
                assert theirs.nearest(kind, vector, 5)[0].tolist() == expected
                assert theirs._store.search(kind, vector, 1)[0].tolist() == [at]
        running = open_assistant(settings=settings)
        for text in ("甲", "乙", "丙"):
            report.write_text(TEXT.replace("仪器", f"仪器{text}"), encoding="utf-8")
            build_index([report], settings=settings)
        with tally.attempt("the new build shows without a restart"):
            assert "仪器丙" in running.ask(QUESTION).answer
        names = _collections(address)
        tally.check(len(names) == 4, f"two builds, two collections each: {names}")
        httpx.delete(f"{address}{served._COLLECTIONS}/{sorted(names)[-1]}").raise_for_status()
        with tally.attempt("a collection that somebody deleted is built anew"):
            assert build_index([report], settings=settings).built
            assert open_index(folder / "index").nearest("passages", vector, 1)[1][0] > 0
        assert files.built


def _collections(address: str) -> list[str]:
    found = httpx.get(f"{address}{served._COLLECTIONS}").json()
    return [str(one["name"]) for one in found]


@row(
    "R8",
    "an answer with its sources and a notice before the deadline: chat model",
    quick=5,
    full=20,
)
def a_chat_model_that_fails(count: int, tally: Tally, folder: Path) -> None:
    for kind in _kinds(count):
        port = free_port()
        with (
            bad_server(kind, port),
            tally.attempt(kind),
            patch.dict("os.environ", OPENAI_API_KEY="x"),
        ):
            assistant = open_assistant(
                report_index(),
                llm__model="openai:some-model",
                llm__base_url=f"http://127.0.0.1:{port}/v1",
                llm__timeout_seconds=DEADLINE_SECONDS,
                llm__max_retries=0,
            )
            started = time.monotonic()
            answer = assistant.ask("什么是低空经济？")
            assert time.monotonic() - started < DEADLINE_SECONDS + SLACK_SECONDS
            assert answer.mode == "quote"
            assert answer.citations
            assert answer.notice
