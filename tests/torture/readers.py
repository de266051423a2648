"""Readers of the page without a browser: the requests that the page makes, over raw HTTP."""

import asyncio
import json
import re
import signal
import subprocess
import sys
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx

from tests.e2e.conftest import free_port
from tests.torture.shared import ENVIRONMENT, ROOT

ANSWER_SECONDS = 120
ANSWER = re.compile(r'<div class="answer[^"]*"[^>]*>(.*?)</div>', re.DOTALL)


@dataclass
class Page:
    """A running page, its process and what it wrote to stderr (a file)."""

    url: str
    process: "subprocess.Popen[str]"
    log: Path

    def function(self, name: str) -> int:
        """Number by which the page calls the event `name`."""
        found = httpx.get(self.url + "config", timeout=30).json()["dependencies"]
        return next(int(each["id"]) for each in found if each["api_name"] == name)

    def rss_mib(self) -> float:
        """Memory that its process holds now."""
        status = Path(f"/proc/{self.process.pid}/status").read_text()
        return int(re.search(r"VmRSS:\s+(\d+)", status)[1]) / 1024  # type: ignore[index]

    def end(self, number: signal.Signals = signal.SIGTERM, seconds: float = 15) -> int:
        """End it by a signal and return its exit status."""
        self.process.send_signal(number)
        try:
            return self.process.wait(timeout=seconds)
        finally:
            self.process.kill()
            self.process.wait()
            if self.process.stdout is not None:
                self.process.stdout.close()


def start_page(folder: Path, sink: str = "http://127.0.0.1:9", **environment: str) -> Page:
    """Start the page with the stub; what it keeps and logs goes to `folder`."""
    port, feedback = str(free_port()), str(folder / "feedback.jsonl")
    module = [sys.executable, "-u", "-m", "tests.torture.serve", port, sink, feedback]
    return start(module, folder, **environment)


def start_chat(folder: Path, *options: str | Path, **environment: str) -> Page:
    """Start `askreport chat` in `folder`."""
    command = [sys.executable, "-u", "-m", "askreport", "chat", "--port", str(free_port())]
    return start([*command, *map(str, options)], folder, **environment)


def start(command: list[str], folder: Path, **environment: str) -> Page:
    """Start a server that prints its address, and wait for that."""
    log = folder / "stderr.txt"
    with log.open("w") as errors:
        process = subprocess.Popen(
            command,
            cwd=ROOT if "tests.torture.serve" in command else folder,
            env={**ENVIRONMENT, **environment},
            stdout=subprocess.PIPE,
            stderr=errors,
            text=True,
        )
    assert process.stdout is not None
    line = process.stdout.readline()
    found = re.search(r"http://[\w.]+:\d+/", line)
    assert found, f"the server did not start: {line!r} {log.read_text()}"
    return Page(found[0], process, log)


@contextmanager
def page(folder: Path, sink: str = "http://127.0.0.1:9") -> Iterator[Page]:
    """A running page with the stub; it ends with the block."""
    running = start_page(folder, sink)
    try:
        yield running
    finally:
        running.end()


@asynccontextmanager
async def many() -> AsyncIterator[httpx.AsyncClient]:
    """A client for any number of connections."""
    limits = httpx.Limits(max_connections=None, max_keepalive_connections=None)
    async with httpx.AsyncClient(limits=limits, timeout=ANSWER_SECONDS) as client:
        yield client


@dataclass(frozen=True)
class Reader:
    """One open page: its session, and the number of the event that asks."""

    client: httpx.AsyncClient
    url: str
    function: int
    session: str

    async def join(self, question: str, language: str = "zh-CN") -> httpx.Response:
        """Send a question; the answer comes by `messages`."""
        return await self.client.post(
            self.url + "gradio_api/queue/join",
            json={
                "data": [question, None, None, None],  # the session remembers the rest
                "fn_index": self.function,
                "session_hash": self.session,
            },
            headers={"Accept-Language": language},
        )

    async def messages(self) -> AsyncIterator[dict[str, Any]]:
        """What the server sends to this session until the question is done."""
        address = self.url + "gradio_api/queue/data"
        parameters = {"session_hash": self.session}
        async with self.client.stream("GET", address, params=parameters) as stream:
            async for line in stream.aiter_lines():
                if line.startswith("data:"):
                    yield json.loads(line[5:])

    async def ask(self, question: str) -> str:
        """HTML of the conversation once the question is answered; "" where it was refused."""
        if (await self.join(question)).status_code != 200:
            return ""
        async for message in self.messages():
            if message["msg"] == "process_completed":
                return str((message["output"].get("data") or [""])[0])
        return ""


def answers(html: str) -> list[str]:
    """Texts of the answers in the HTML of a conversation."""
    return [re.sub(r"<[^>]+>", "", found).strip() for found in ANSWER.findall(html)]


def ask_once(url: str, function: int, session: str, question: str) -> str:
    """The last answer to one question, in a session of its own."""

    async def asked() -> str:
        async with many() as client:
            return await Reader(client, url, function, session).ask(question)

    return answers(asyncio.run(asked()))[-1]
