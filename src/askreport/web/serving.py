"""Serve the page until somebody ends it: every launch setting, the signals, the port."""

import logging
import os
import signal
import socket
import sys
import threading
import time
import traceback
from collections.abc import Callable, Iterator
from contextlib import contextmanager, nullcontext, redirect_stdout
from pathlib import Path
from types import FrameType
from typing import Any, Final

import gradio as gr
from starlette.middleware import Middleware

from askreport import dictionary
from askreport.errors import AskReportError
from askreport.web.api import require_mcp
from askreport.web.guard import Guard
from askreport.web.login import Login
from askreport.web.theme import make_theme

QUEUE_SIZE: Final = 64
GRACE_SECONDS: Final = 2.0
# Gradio would keep 10,000, some 225 KB each in R9, and a closed browser frees little.
# Readers whose sessions are dropped go on (`Chat.recall`). More than the questions being made and
# waiting (`CONCURRENT_ANSWERS` + `QUEUE_SIZE`, 80): so it takes many others to drop one of those.
MOST_SESSIONS: Final = 128
_logger = logging.getLogger(__name__)
_HERE: Final = Path(__file__).parent
_STYLES: Final = ("page.css", "feedback.css", "evaluation.css")
_SCRIPTS: Final = ("page.js", "feedback.js", "evaluation.js")


def launch(
    page: gr.Blocks,
    *,
    host: str,
    port: int,
    share: bool,
    mcp: bool = False,
    login: Login | None = None,
    on_ready: Callable[[str], None] | None = None,
) -> None:
    """Serve `page` and block until SIGINT or SIGTERM; `on_ready` gets the address once it answers.

    Port 0 takes any free one. `mcp` also serves the page's endpoints to MCP clients, below
    /gradio_api/mcp/; raises `ModelUnavailable` where its package is missing. With a `login` nothing
    is served without it.
    Raises AskReportError where the address cannot be listened on. Signals are handled in the main
    thread only, the one place where Python lets us. Answers that are still being made when the
    signal comes get `GRACE_SECONDS`; after that the process is ended, with status 0.
    """
    if mcp:
        require_mcp()
    _log_without_words()
    dictionary.load()  # a tenth of a second that the first English question should not take
    port = _free_port(host, port)
    threads_before = frozenset(threading.enumerate())
    # Gradio reads it at launch; only the exact word "True" would keep its analytics on.
    os.environ["GRADIO_ANALYTICS_ENABLED"] = "False"
    stop = threading.Event()
    with _stopping_on_signals(stop):
        try:
            with redirect_stdout(sys.stderr) if mcp else nullcontext():  # Gradio prints its address
                _, local_url, share_url = page.queue(max_size=QUEUE_SIZE, api_open=False).launch(
                    server_name=host, server_port=port, share=share, **_launch_settings(mcp, login)
                )
        except OSError as error:
            raise _unavailable(host, port, error) from error
        try:
            if on_ready is not None:
                on_ready(share_url or local_url)
            # A signal that another thread receives is handled only when this one wakes up.
            while not stop.wait(timeout=0.5):
                pass
        finally:
            _close(page, threads_before)


def _close(page: gr.Blocks, threads_before: frozenset[threading.Thread]) -> None:
    """Close the page; end the process where an answer is still being made after `GRACE_SECONDS`.

    An open page holds a connection for as long as it is open, so the server must not wait for
    those. Python, at exit, waits for threads without a limit; a chat model can make that minutes.
    """
    deadline = time.monotonic() + GRACE_SECONDS
    if page.server is not None:
        page.server.config.timeout_graceful_shutdown = 1
    page.close(verbose=False)
    working = [t for t in threading.enumerate() if t not in threads_before and not t.daemon]
    for thread in working:
        thread.join(max(0.0, deadline - time.monotonic()))
    if any(thread.is_alive() for thread in working):
        _logger.warning("Ended with an answer unfinished")
        os._exit(0)


class _WithoutWords(logging.Formatter):
    """Tells where a defect is and of what kind. Its message may hold a question or a key."""

    def formatException(self, ei: Any) -> str:  # noqa: N802  named by the library
        """Places of the code, innermost last, and the kind of the error."""
        kind, _, place = ei
        return "".join([*traceback.format_tb(place), str(kind.__name__)])


def _log_without_words() -> None:
    """Log our warnings to stderr, unless the program around us has its own way of logging."""
    ours = logging.getLogger("askreport")
    if not ours.hasHandlers():
        handler = logging.StreamHandler()
        handler.setFormatter(_WithoutWords("%(levelname)s %(name)s: %(message)s"))
        ours.addHandler(handler)


def _launch_settings(mcp: bool, login: Login | None) -> dict[str, Any]:
    return {
        "prevent_thread_lock": True,
        "quiet": True,
        "show_error": False,
        "enable_monitoring": False,
        "run_history": False,
        "footer_links": [],
        "max_file_size": "1mb",
        "state_session_capacity": MOST_SESSIONS,
        "allowed_paths": [],
        "ssr_mode": False,
        "mcp_server": mcp,
        "pwa": False,
        "strict_cors": True,
        "theme": make_theme(),
        "css_paths": [_HERE / name for name in _STYLES],
        "head": "".join(
            f"<script>{(_HERE / name).read_text('utf-8')}</script>" for name in _SCRIPTS
        ),
        "app_kwargs": {
            "docs_url": None,
            "redoc_url": None,
            "openapi_url": None,
            # FastAPI would export every request to an OTEL_EXPORTER_OTLP_ENDPOINT that it inherits.
            "telemetry": {"auto_configure": False},
            "middleware": [Middleware(Guard, login=login)],
        },
    }


def _free_port(host: str, port: int) -> int:
    """`port`, or any free one for 0. Gradio's own message about a taken port does not say which."""
    try:
        family, kind, protocol, _, address = socket.getaddrinfo(
            host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE
        )[0]
        with socket.socket(family, kind, protocol) as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            probe.bind(address)
            return int(probe.getsockname()[1])
    except (OSError, OverflowError) as error:
        raise _unavailable(host, port, error) from error


def _unavailable(host: str, port: int, error: Exception) -> AskReportError:
    reason = getattr(error, "strerror", None) or str(error)
    return AskReportError(
        f"Cannot listen on {host}:{port} ({reason}). Choose another port: askreport chat --port N"
    )


@contextmanager
def _stopping_on_signals(stop: threading.Event) -> Iterator[None]:
    """Set `stop` on SIGINT and SIGTERM; Gradio alone would die in mid-answer on SIGTERM."""

    def on_signal(_number: int, _frame: FrameType | None) -> None:
        stop.set()

    if threading.current_thread() is not threading.main_thread():
        yield
        return
    numbers = (signal.SIGINT, signal.SIGTERM)
    before = {number: signal.signal(number, on_signal) for number in numbers}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
