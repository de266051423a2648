"""How soon the page is there and answers, beside the plain Gradio way, in one run.

    pip install --editable '.[test]'
    python benchmarks/page.py [--megabytes 5] [--runs 5] [--json OUT]

The plain way is gr.ChatInterface beside gr.Markdown of the whole report, with the same assistant.
Both are opened in Chromium (ASKREPORT_TEST_CHROMIUM, default /usr/bin/chromium) with a report of
that many megabytes, made here, and asked about the bundled report. Opening: from the request until
the report's first lines stand there and the question box takes a question. Answering: from Enter
until the answer stands on the screen. Seconds of a machine mean little; ratios do.
"""

import argparse
import json
import os
import socket
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from playwright.sync_api import Browser, Page, sync_playwright
from rich.console import Console
from rich.table import Table

REPOSITORY = Path(__file__).parents[1]
REPORT = REPOSITORY / "reports" / "it-trends-2024.txt"
QUESTIONS = REPOSITORY / "evals" / "questions.jsonl"
CHROMIUM = os.environ.get("ASKREPORT_TEST_CHROMIUM", "/usr/bin/chromium")
ASKED = 20
WARM_UP = 2
SENTENCES = 4  # a paragraph
SENTENCE = "第 {number} 段写的是第 {number} 台机器在这一年里走过的路和它停下来的地方。"

# Resolves with milliseconds from the next Enter until `done` holds and is painted.
TIMED = """(done) => {
  window.timed = new Promise((resolve) => addEventListener('keydown', async () => {
    const started = performance.now();
    const frame = () => new Promise(requestAnimationFrame);
    while (document.querySelectorAll(done.selector).length < done.count) await frame();
    await frame();
    resolve(performance.now() - started);
  }, {capture: true, once: true}));
}"""


@dataclass(frozen=True)
class Way:
    """How a page shows itself: `opened` once it can be used, `answer` for each answer in it."""

    name: str
    opened: str
    answer: str


WAYS = (
    Way("askreport", "html[data-ready] #report .block", ".exchange .answer"),
    Way("plain", "#report p", "[data-testid=bot]"),
)


def main() -> None:
    """Measure both ways and print medians with the ratio plain / ours."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--megabytes", type=float, default=5)
    parser.add_argument("--runs", type=int, default=5)
    parser.add_argument("--json", type=Path)
    parser.add_argument("--serve", nargs=3, help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.serve:
        serve(*arguments.serve)
        return
    figures = measure(arguments.megabytes, arguments.runs)
    table = Table("", *(way.name for way in WAYS), "ratio")
    for name, (ours, plain) in figures.items():
        table.add_row(name, f"{ours:.0f}", f"{plain:.0f}", f"{plain / ours:.1f}")
    Console().print(table)
    if arguments.json:
        arguments.json.write_text(json.dumps(figures, indent=1) + "\n")


def measure(megabytes: float, runs: int) -> dict[str, tuple[float, float]]:
    """Milliseconds of each figure: (askreport, plain)."""
    opening: list[list[float]] = []
    answering: list[list[float]] = []
    with tempfile.TemporaryDirectory() as temporary, chromium() as browser:
        long_report = Path(temporary) / "long.txt"
        long_report.write_text(made_up(megabytes), encoding="utf-8")
        for way in WAYS:
            with serving(way, long_report, temporary) as url:
                opening.append([opened(browser, url, way) for _ in range(runs + 1)][1:])
            with serving(way, REPORT, temporary) as url:
                answering.append(answered(browser, url, way))
    return {
        f"{megabytes:g} MB opened, ms": medians(opening),
        "answer shown after Enter, ms": medians(answering),
        "answer shown after Enter, 95th percentile, ms": (
            percentile95(answering[0]),
            percentile95(answering[1]),
        ),
    }


def opened(browser: Browser, url: str, way: Way) -> float:
    """Milliseconds until a fresh visitor can read and ask."""
    with visit(browser) as page:
        page.goto(url, wait_until="commit")
        page.wait_for_selector(way.opened)
        page.wait_for_selector("textarea:enabled")
        return float(page.evaluate("performance.now()"))


def answered(browser: Browser, url: str, way: Way) -> list[float]:
    """Milliseconds from Enter to each answer, in one conversation after `WARM_UP` questions."""
    lines = QUESTIONS.read_text(encoding="utf-8").splitlines()[: ASKED + WARM_UP]
    times = []
    with visit(browser) as page:
        page.goto(url)
        page.wait_for_selector(way.opened)
        for count, line in enumerate(lines, start=1):
            page.locator("textarea").first.fill(json.loads(line)["question"])
            done = {"selector": way.answer, "count": count}
            page.evaluate(TIMED, done)
            page.keyboard.press("Enter")
            times.append(float(page.evaluate("window.timed")))
            page.wait_for_selector(".submit-button")  # it takes the next question
    return times[WARM_UP:]


def serve(way: str, port: str, report: str) -> None:
    """Serve one way: the bundled report with the real assistant, any other with a silent one."""
    from askreport import build_index, open_assistant
    from askreport.reading import read_report

    assistant: Any = Silent((read_report(Path(report)),))
    if Path(report) == REPORT:
        folder = tempfile.mkdtemp()
        build_index([report], index_dir=folder)
        assistant = open_assistant(index_dir=folder)
    if way == "plain":
        serve_plain(assistant, int(port))
        return
    from askreport.web import build_page, launch

    page = build_page(assistant, examples=["?"], max_question_chars=2000)
    launch(page, host="127.0.0.1", port=int(port), share=False, on_ready=print)


def serve_plain(assistant: Any, port: int) -> None:
    """The report as Markdown beside Gradio's own chat."""
    import gradio as gr

    def answer(message: str, _history: list[Any]) -> str:
        return str(assistant.ask(message).answer)

    with gr.Blocks(analytics_enabled=False) as page, gr.Row():
        gr.ChatInterface(answer)
        gr.Markdown(assistant.reports[0].text, elem_id="report")
    page.launch(server_name="127.0.0.1", server_port=port, quiet=True, prevent_thread_lock=True)
    sys.stdout.write(f"http://127.0.0.1:{port}/\n")
    sys.stdout.flush()
    page.block_thread()


class Silent:
    """Has reports and no answers."""

    def __init__(self, reports: tuple[Any, ...]) -> None:
        self.reports = reports

    def stream(self, question: str, history: Any = ()) -> Iterator[Any]:
        """Nothing."""
        return iter(())


def made_up(megabytes: float) -> str:
    """A report of about that many bytes: ten chapters of paragraphs that differ."""
    size = len(SENTENCE.format(number=10_000).encode()) * SENTENCES
    count = max(10, round(megabytes * 1e6 / size))
    paragraphs: list[str] = []
    for number in range(count):
        if number % (count // 10) == 0:
            paragraphs.append(f"TOP{number // (count // 10) + 1}：一章")
        paragraphs.append(SENTENCE.format(number=number) * SENTENCES)
    return "\n\n".join(paragraphs)


@contextmanager
def serving(way: Way, report: Path, folder: str) -> Iterator[str]:
    """A server of its own for a way; its address."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = str(probe.getsockname()[1])
    command = [sys.executable, "-u", __file__, "--serve", way.name, port, str(report)]
    environment = {**os.environ, "HF_HUB_OFFLINE": "1", "GRADIO_ANALYTICS_ENABLED": "False"}
    server = subprocess.Popen(
        command, stdout=subprocess.PIPE, text=True, env={**environment, "TMPDIR": folder}
    )
    try:
        assert server.stdout is not None
        yield next(line.strip() for line in server.stdout if line.startswith("http"))
    finally:
        server.terminate()
        server.wait(timeout=30)


@contextmanager
def chromium() -> Iterator[Browser]:
    """One browser for the run."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=CHROMIUM, args=["--no-sandbox", "--disable-gpu"]
        )
        yield browser
        browser.close()


@contextmanager
def visit(browser: Browser) -> Iterator[Page]:
    """A visitor without a cache."""
    context = browser.new_context(viewport={"width": 1440, "height": 900}, locale="zh-CN")
    page = context.new_page()
    page.set_default_timeout(120_000)
    yield page
    context.close()


def medians(sides: list[list[float]]) -> tuple[float, float]:
    """Medians of both."""
    ours, plain = (statistics.median(side) for side in sides)
    return ours, plain


def percentile95(values: list[float]) -> float:
    """95th percentile."""
    return statistics.quantiles(values, n=20)[-1]


if __name__ == "__main__":
    main()
