"""An OpenAI-compatible chat server on loopback with scripted replies, for tests.

A reply is a list of text pieces to stream, an HTTP status to fail with, or a `Script` for
everything else. `requests` keeps the bodies of the requests, `asked` their last messages.
"""

import json
import socket
import struct
import threading
from collections import deque
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler
from typing import Any, Literal

from tests.loopback import LoopbackServer, Quiet, running


@dataclass(frozen=True)
class Script:
    """A streamed reply: its pieces, the pause before each, and how it ends.

    `finish` is the reason the server gives; with `drop` it gives none and closes the connection, in
    order ("close") or not ("reset"), or sends a byte now and then for ever ("drip"). `usage` is (tokens read, tokens written).
    """

    pieces: Sequence[str]
    pause_seconds: float = 0
    finish: str = "stop"
    drop: Literal["", "close", "reset", "drip"] = ""
    usage: tuple[int, int] | None = None


Reply = Sequence[str] | int | Script


class ChatServer(LoopbackServer):
    """Answers each request with the next scripted reply, in order.

    `hung_up` is set when a client closes the connection before its reply is whole.
    """

    def __init__(self, replies: Sequence[Reply]) -> None:
        super().__init__(_Handler)
        self.replies = deque(replies)
        self.requests: list[dict[str, Any]] = []
        self.hung_up = threading.Event()
        self.stopping = threading.Event()

    @property
    def base_url(self) -> str:
        return f"{self.url}/v1"

    @property
    def asked(self) -> list[str]:
        """The last message of every request."""
        return [request["messages"][-1]["content"] for request in self.requests]


class _Handler(Quiet, BaseHTTPRequestHandler):
    server: ChatServer

    def do_POST(self) -> None:
        self.server.requests.append(
            json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        )
        reply = self.server.replies.popleft()
        if isinstance(reply, int):
            self.send_error(reply)
            return
        try:
            self._stream(reply if isinstance(reply, Script) else Script(reply))
        except (BrokenPipeError, ConnectionResetError):
            self.server.hung_up.set()

    def _stream(self, script: Script) -> None:
        self.send_response(200)
        self.send_header("Content-Type", "text/event-stream")
        self.end_headers()
        for piece in script.pieces:
            if script.pause_seconds and self.server.stopping.wait(script.pause_seconds):
                return
            self._event(choices=[{"index": 0, "delta": {"content": piece}}])
        if script.drop == "reset":
            linger = struct.pack("ii", 1, 0)  # closing sends RST
            self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger)
            self.connection.close()
        while script.drop == "drip" and not self.server.stopping.wait(0.05):
            self.wfile.write(b":")
            self.wfile.flush()
        if script.drop:
            return
        self._event(choices=[{"index": 0, "delta": {}, "finish_reason": script.finish}])
        if script.usage:
            read, wrote = script.usage
            counts = {"prompt_tokens": read, "completion_tokens": wrote}
            self._event(choices=[], usage={**counts, "total_tokens": read + wrote})
        self.wfile.write(b"data: [DONE]\n\n")

    def _event(self, **fields: object) -> None:
        chunk = {"id": "1", "object": "chat.completion.chunk", "created": 0, "model": "m", **fields}
        self.wfile.write(f"data: {json.dumps(chunk)}\n\n".encode())
        self.wfile.flush()


@contextmanager
def chat_server(*replies: Reply) -> Iterator[ChatServer]:
    """A running server; it ends with the block."""
    server = ChatServer(replies)
    with running(server):
        try:
            yield server
        finally:
            server.stopping.set()
