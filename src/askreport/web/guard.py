"""ASGI middleware around Gradio: closes routes we do not use, limits bodies, sets security headers,
asks for the login if there is one, tells a reader when all places are taken, the log what failed.

Gradio serves more than a page of ours needs: it fetches any public address a visitor names
(`/gradio_api/file=https://...`, or a file in the data of an event), takes uploads, and shows its
own statistics. And an answer that carries an image would make the reader's browser call its
address: the policy forbids that. Where it fails it prints a stack trace with what was sent.
"""

import json
import logging
import traceback
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final
from urllib.parse import unquote

from gradio import Blocks
from gradio.exceptions import Error
from starlette.datastructures import MutableHeaders
from starlette.responses import JSONResponse, PlainTextResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from askreport.web.login import WINDOW_SECONDS, Login, Outcome
from askreport.web.strings import preferred_language, strings_for

_logger = logging.getLogger(__name__)

BODY_LIMIT_BYTES: Final = 256 * 1024

CLOSED_ROUTES: Final = (
    "/file=http",
    "/file/http",
    "/proxy=",
    "/upload",
    "/vibe-",
    "/undo-vibe",
    "/process_recording",
    "/run-history",
    "/gradio_api/runs",
    "/monitoring",
    "/deep_link",
    "/stream/",
)

# Gradio asks itself there, without a login, whether it has started; it tells nobody anything.
STARTED_ROUTE: Final = "/gradio_api/startup-events"

# Gradio's page needs 'unsafe-inline' (its configuration) and 'unsafe-eval' (its HTML component).
CONTENT_SECURITY_POLICY: Final = "; ".join(
    (
        "default-src 'self'",
        "script-src 'self' 'unsafe-inline' 'unsafe-eval'",
        "style-src 'self' 'unsafe-inline'",
        "img-src 'self' data: blob:",
        "font-src 'self' data:",
        "connect-src 'self'",
        "object-src 'none'",
        "base-uri 'self'",
        "form-action 'none'",
        "frame-ancestors 'none'",
    )
)

_HEADERS: Final = {
    "Content-Security-Policy": CONTENT_SECURITY_POLICY,
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
}


class Guard:
    """Pass on what the page needs, answer 400, 401, 404 or 413 to the rest."""

    def __init__(
        self, app: ASGIApp, body_limit_bytes: int = BODY_LIMIT_BYTES, login: Login | None = None
    ) -> None:
        self.app = app
        self.login = login
        self.body_limit_bytes = body_limit_bytes

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request; start and stop of the server pass untouched."""
        if scope["type"] == "websocket":  # the page has none
            await send({"type": "websocket.close", "code": 1008})
            return
        if scope["type"] != "http":
            if scope["type"] == "lifespan":
                tell_failures_in_one_line(scope["app"].get_blocks())
            await self.app(scope, receive, send)
            return
        guarded_send = _with_headers(send)
        if self.login is not None and scope["path"] != STARTED_ROUTE:
            outcome = await self.login.check(_header(scope, b"authorization"))
            if outcome != "in":
                await _login_answer(scope, outcome)(scope, receive, guarded_send)
                return
        if is_closed(scope["path"]):
            await PlainTextResponse("Not found", 404)(scope, receive, guarded_send)
            return
        messages = await self._read_body(scope, receive)
        if messages is None:
            await PlainTextResponse("Too large", 413)(scope, receive, guarded_send)
            return
        if names_a_file(b"".join(message.get("body", b"") for message in messages)):
            await PlainTextResponse("Bad request: no files", 400)(scope, receive, guarded_send)
            return
        await self._pass_on(scope, _replay(messages, receive), guarded_send)

    async def _pass_on(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Have the request served; what Gradio fails at (it has no function 99) is a 400."""
        started = False

        async def send_and_note(message: Message) -> None:
            nonlocal started
            started = True
            await send(message)

        try:
            await self.app(scope, receive, _with_refusal(scope, send_and_note))
        except Exception as error:  # noqa: BLE001  Gradio checks little, so it can be any
            _tell(error)
            if not started:
                text, status = ("Server error", 500) if _our_places(error) else ("Bad request", 400)
                await PlainTextResponse(text, status)(scope, receive, send)

    async def _read_body(self, scope: Scope, receive: Receive) -> Sequence[Message] | None:
        """The request's messages up to the end of its body; `None` where it is over the limit."""
        for name, value in scope["headers"]:
            if name == b"content-length" and _number(value) > self.body_limit_bytes:
                return None
        messages: list[Message] = []
        size_bytes = 0
        while True:
            message = await receive()
            messages.append(message)
            size_bytes += len(message.get("body", b""))
            if size_bytes > self.body_limit_bytes:
                return None
            if not message.get("more_body", False):
                return messages


def tell_failures_in_one_line(blocks: Blocks) -> None:
    """Have each event of `blocks` that fails told in one line of the log.

    Gradio would print a stack trace with its message, in which there may be what a reader sent.
    It has no setting for that but on its own `Error`.
    """
    process = blocks.process_api

    async def process_or_tell(*args: Any, **named: Any) -> dict[str, Any]:
        try:
            return await process(*args, **named)
        except Error as error:
            if error.print_exception:
                error.print_exception = False
                _tell(error)
            raise
        except Exception as error:  # of any kind, from Gradio or from us
            _tell(error)
            raise Error("The request could not be served.", print_exception=False) from error

    blocks.process_api = process_or_tell  # type: ignore[method-assign]


def _tell(error: Exception) -> None:
    """Log a defect of ours, or a request that Gradio fails at, without a word of the request."""
    kind, ours = type(error).__name__, _our_places(error)
    if ours:
        _logger.error("A request could not be served (%s at %s)", kind, ", ".join(ours))
        return
    last = traceback.extract_tb(error.__traceback__)[-1]
    _logger.warning(
        "A request came to nothing (%s at %s)", kind, _place(last.filename, last.lineno)
    )


def _our_places(error: Exception) -> list[str]:
    """Where our functions were as `error` was raised, innermost last; none if Gradio failed."""
    return [
        _place(frame.f_code.co_filename, line)
        for frame, line in traceback.walk_tb(error.__traceback__)
        if frame.f_globals.get("__name__", "").startswith("askreport.")
        and frame.f_globals["__name__"] != __name__
    ]


def _place(file: str, line: int | None) -> str:
    return f"{Path(file).name}:{line}"


def names_a_file(body: bytes) -> bool:
    """Whether a JSON `body` holds what Gradio takes for a file: it would read or fetch it.

    What is no JSON, or nested too deeply, Gradio refuses.
    """
    try:
        waiting = [json.loads(body)] if body else []
    except (ValueError, RecursionError):
        return False
    while waiting:
        value = waiting.pop()
        if isinstance(value, dict):
            if "path" in value and "meta" in value:
                return True
            waiting.extend(value.values())
        elif isinstance(value, list):
            waiting.extend(value)
    return False


def _login_answer(scope: Scope, outcome: Outcome) -> PlainTextResponse:
    strings = strings_for(preferred_language(_header(scope, b"accept-language")))
    if outcome == "wait":
        seconds = str(int(WINDOW_SECONDS))
        return PlainTextResponse(strings.login_wait, 429, {"Retry-After": seconds})
    challenge = {"WWW-Authenticate": 'Basic realm="askreport", charset="UTF-8"'}
    return PlainTextResponse(strings.login_wanted, 401, challenge)


def is_closed(path: str) -> bool:
    """Whether a path, however often it was percent-encoded, names a route that we do not serve."""
    for _ in range(8):
        decoded = unquote(path)
        if decoded == path:
            break
        path = decoded
    lowered = path.lower()
    return any(route in lowered for route in CLOSED_ROUTES)


def _number(value: bytes) -> float:
    """A Content-Length as announced; 0 for what is no number, since the body is counted anyway."""
    if not value.isdigit():
        return 0
    return int(value) if len(value) < 20 else float("inf")


def _with_headers(send: Send) -> Send:
    async def send_with_headers(message: Message) -> None:
        if message["type"] == "http.response.start":
            headers = MutableHeaders(scope=message)
            for name, value in _HEADERS.items():
                headers[name] = value
        await send(message)

    return send_with_headers


def _with_refusal(scope: Scope, send: Send) -> Send:
    """A `send` that puts a refusal in the reader's words in place of Gradio's "queue is full".

    Gradio's page shows its own English line for status 503 and what the answer says for 429.
    """
    refused = False

    async def send_or_refuse(message: Message) -> None:
        nonlocal refused
        if message["type"] == "http.response.start" and message["status"] == 503:
            refused = True
            language = preferred_language(_header(scope, b"accept-language"))
            told = {"detail": strings_for(language).overloaded}
            await JSONResponse(told, 429, {"Retry-After": "5"})(scope, _nothing_more, send)
        elif not refused:
            await send(message)

    return send_or_refuse


def _header(scope: Scope, name: bytes) -> str:
    values = [value.decode("latin-1") for key, value in scope["headers"] if key == name]
    return values[0] if values else ""


async def _nothing_more() -> Message:
    return {"type": "http.disconnect"}


def _replay(messages: Sequence[Message], receive: Receive) -> Receive:
    """A `receive` that gives `messages` first and then what still comes (a disconnect)."""
    waiting = iter(messages)

    async def replayed() -> Message:
        for message in waiting:
            return message
        return await receive()

    return replayed
