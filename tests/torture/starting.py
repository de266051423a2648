"""R12, R13: how fast it starts, and that nothing needs a network.

The commands of R13 run in a network namespace of their own, where any connection but to loopback
fails at once, look-ups included; an attempt that waited for one would show as a failure or a timeout.
"""

import json
import os
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import httpx

from tests.torture.readers import ask_once, start_chat
from tests.torture.rows import CannotRun, Tally, row
from tests.torture.shared import ENVIRONMENT, QUESTIONS, ROOT, askreport, report_index

HELP_SECONDS, PAGE_SECONDS, READY_SECONDS, ASK_SECONDS = 0.3, 6.0, 15.0, 3.0
SLACK = 10.0  # where other work may go on beside this
QUESTION = "什么是低空经济？"
NO_MODEL_SECONDS = 15.0


@row("R12", "--help 0.3 s, an answer 3 s, the page 6 s, its first answer 15 s", quick=4, full=20)
def starts(count: int, tally: Tally, folder: Path) -> None:
    slack = 1.0 if count >= 20 else SLACK
    calls: list[tuple[str, float, Callable[[], object]]] = [
        ("--help", HELP_SECONDS, lambda: askreport("--help")),
        ("ask", ASK_SECONDS, lambda: askreport("ask", QUESTION, "--index-dir", report_index())),
    ]
    report_index()
    for name, bound, call in calls:
        call()  # once for the disk
        times = [_seconds(call) for _ in range(count // 4)]
        _judge(tally, name, times, bound * slack)
    shown, ready = [], []
    for _ in range(count // 4):
        started = time.monotonic()
        served = start_chat(folder, "--index-dir", report_index(), "--set", "reports.folder=none")
        assert httpx.get(served.url, timeout=30).status_code == 200
        shown.append(time.monotonic() - started)
        assert ask_once(served.url, served.function("chat"), "first", QUESTION)
        ready.append(time.monotonic() - started)
        served.end()
    _judge(tally, "page", shown, PAGE_SECONDS * slack)
    _judge(tally, "first answer on the page", ready, READY_SECONDS * slack)


def _judge(tally: Tally, name: str, times: list[float], bound: float) -> None:
    for seconds in times:
        tally.check(seconds <= bound, f"{name}: {seconds:.2f} s")
    tally.figures[name] = f"{sorted(times)[len(times) // 2]:.2f} s"


def _seconds(call: Callable[[], object]) -> float:
    started = time.monotonic()
    call()
    return time.monotonic() - started


# Runs inside the namespace: loopback is down there until somebody brings it up.
_LOOPBACK_UP = """
import fcntl, socket, struct
IFF_UP, SIOCGIFFLAGS, SIOCSIFFLAGS = 1, 0x8913, 0x8914
with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
    request = struct.pack("16sh14x", b"lo", 0)
    name, flags = struct.unpack("16sh14x", fcntl.ioctl(probe, SIOCGIFFLAGS, request))
    fcntl.ioctl(probe, SIOCSIFFLAGS, struct.pack("16sh14x", b"lo", flags | IFF_UP))
"""
_UNREACHABLE = """
import socket
for address in (("192.0.2.1", 80), ("198.51.100.1", 443)):
    with socket.socket() as outside:
        outside.settimeout(2)
        try:
            outside.connect(address)
        except OSError:
            continue
        raise SystemExit("the namespace has a way out")
"""
_COMMAND = "import sys\nfrom askreport.cli import main\nmain(sys.argv[1:])"
_PAGE = """
import sys
from pathlib import Path
from tests.torture.readers import ask_once, start_chat
options = ("--index-dir", sys.argv[1], "--set", "reports.folder=none")
served = start_chat(Path(sys.argv[2]), *options)
try:
    assert "新型经济形态" in ask_once(served.url, served.function("chat"), "s", "什么是低空经济？")
finally:
    served.end()
"""


def offline(code: str, *arguments: str | Path) -> "subprocess.CompletedProcess[str]":
    """Run Python code where there is loopback and nothing else. Raises `CannotRun`."""
    unshare = ["unshare", "--net"] + ([] if os.geteuid() == 0 else ["--map-root-user"])
    whole = _LOOPBACK_UP + _UNREACHABLE + code
    result = subprocess.run(
        [*unshare, sys.executable, "-c", whole, *map(str, arguments)],
        capture_output=True,
        text=True,
        cwd=ROOT,
        env=ENVIRONMENT,
        timeout=300,
    )
    if "unshare:" in result.stderr:
        raise CannotRun(f"network namespaces are not allowed here: {result.stderr.strip()}")
    return result


@row("R13", "index, ask, search, eval and chat work where there is no network", quick=6, full=6)
def without_a_network(count: int, tally: Tally, folder: Path) -> None:
    index = ("--index-dir", folder / "index")
    questions = folder / "questions.jsonl"
    lines = QUESTIONS.read_text(encoding="utf-8").splitlines()
    questions.write_text("\n".join(lines[:3]), encoding="utf-8")
    for arguments in (("index",), ("search", "芯片"), ("eval", str(questions))):
        result = offline(_COMMAND, *arguments, *index)
        tally.check(result.returncode == 0, f"{arguments[0]}: {result.stderr[-300:]}")
    asked = offline(_COMMAND, "ask", QUESTION, "--json", *index)
    with tally.attempt("ask"):
        assert json.loads(asked.stdout)["citations"], asked.stderr
    result = offline(_PAGE, folder / "index", folder)
    tally.check(result.returncode == 0, f"chat: {result.stderr[-300:]}")
    started = time.monotonic()
    model = ("--set", "embedding.model=nobody/nothing")
    result = offline(_COMMAND, "index", "--index-dir", folder / "other", *model)
    with tally.attempt("a model that would have to be downloaded"):
        assert result.returncode == 1
        last = result.stderr.splitlines()[-1]
        assert last.startswith("askreport: Embedding model 'nobody/nothing'"), last
        seconds = time.monotonic() - started
        tally.figures["a missing model is told after"] = f"{seconds:.1f} s"
        assert seconds < NO_MODEL_SECONDS * SLACK
