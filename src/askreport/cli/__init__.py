"""The command line. Heavy imports stand inside the commands, so that `--help` is instant.

asking      index, ask, search
serving     chat, user, data
measuring   eval, benchmark
"""

import os
import signal
import sys
import threading
from collections.abc import Sequence
from types import FrameType

from askreport.cli import asking, measuring, serving  # noqa: F401  each adds its commands
from askreport.cli.shared import app, err, printable
from askreport.errors import AskReportError

__all__ = ["app", "main"]

OFFLINE = {
    "HF_HUB_OFFLINE": "1",
    "HF_HUB_DISABLE_TELEMETRY": "1",
    "GRADIO_ANALYTICS_ENABLED": "False",
    "ANONYMIZED_TELEMETRY": "False",
    "LANGSMITH_TRACING": "false",
    "LANGCHAIN_TRACING_V2": "false",
}


def main(arguments: Sequence[str] | None = None) -> None:
    """Run the command line; our own errors become one line on stderr and exit status 1.

    `arguments` are those of the process by default.
    """
    for name, value in OFFLINE.items():
        os.environ.setdefault(name, value)
    if threading.current_thread() is threading.main_thread():
        signal.signal(signal.SIGTERM, _end)
    try:
        app(arguments)
    except AskReportError as error:
        err.print(f"askreport: {printable(str(error))}")
        sys.exit(1)
    except KeyboardInterrupt:
        sys.exit(130)
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        sys.exit(0)


def _end(number: int, _frame: FrameType | None) -> None:
    """End by an exception, so that a build cleans up and takes its child process with it."""
    sys.exit(128 + number)
