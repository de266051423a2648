"""How soon the page is there and answers, beside the plain Gradio way, in one run.

    pip install --editable '.[test]'
    python benchmarks/page.py [--megabytes 5] [--runs 5] [--json OUT]

The plain way is gr.ChatInterface beside gr.Markdown of the whole report, with the same assistant.
Both are opened in Chromium (ASKREPORT_TEST_CHROMIUM, default /usr/bin/chromium), with the bundled
report and with one of that many megabytes, made here. Opened: from the request until the report's
first lines stand there and a letter typed stands in the question box. Scrolled: from a leap to four
fifths of the report until text stands there. Answered: from Enter until the answer stands on the
screen, for different questions one after the other in one conversation. Of the runs the best and
the median are told, since other work on the machine can only add; and two figures have a bar.
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
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from playwright.sync_api import Browser, Page, sync_playwright
from rich.console import Console
from rich.table import Table

REPOSITORY = Path(__file__).parents[1]
REPORT = REPOSITORY / "reports" / "it-trends-2024.txt"
QUESTIONS = REPOSITORY / "evals" / "questions.jsonl"
CHROMIUM = os.environ.get("ASKREPORT_TEST_CHROMIUM", "/usr/bin/chromium")
ASKED = 40
WARM_UP = 2
OPENED_BAR_MS = 2000.0
ANSWERED_BAR_MS = 300.0
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

# Resolves with milliseconds from a leap down the report until a paragraph stands in the middle.
SCROLLED = """async (paragraph) => {
  const started = performance.now();
  const frame = () => new Promise(requestAnimationFrame);
  const report = document.querySelector('#report');
  for (const side of [report, document.scrollingElement]) side.scrollTo(0, 0.8 * side.scrollHeight);
  const box = report.getBoundingClientRect();
  const isText = (part) => {
    const found = document.elementFromPoint(box.left + box.width / 2, innerHeight * part);
    return found && found.closest(paragraph) && found.textContent.trim();
  };
  do await frame(); while (![0.4, 0.45, 0.5, 0.55, 0.6].some(isText));
  await frame();
  return performance.now() - started;
}"""


@dataclass(frozen=True)
class Way:
    """How a page shows itself: `opened` once it can be read, `answer` for each answer in it."""

    name: str
    opened: str
    paragraph: str
    answer: str


WAYS = (
    Way("askreport", "html[data-ready] #report .block", "#report .block", ".exchange .answer"),
    Way("plain", "#report p", "#report p", "[data-testid=bot]"),
)


@dataclass(frozen=True)
class Figure:
    """Milliseconds that something took, run by run, by way; `bar` is what it may take here."""

    bar: float | None = None
    runs: dict[str, list[float]] = field(default_factory=dict)

    def best(self, way: str) -> float:
        """Of the least disturbed run."""
        return min(self.runs[way])

    def median(self, way: str) -> float:
        """Of the middle run."""
        return statistics.median(self.runs[way])


def main() -> None:
    """Measure both ways, print them with the ratio plain / ours, and keep them."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--megabytes", type=float, default=5)
    parser.add_argument("--runs", type=int, default=5)
    parser.add_argument("--json", type=Path)
    parser.add_argument("--serve", nargs=3, help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.serve:
        serve(*arguments.serve)
        return
    load_before = os.getloadavg()[0]
    figures = measure(arguments.megabytes, arguments.runs)
    show(figures)
    if arguments.json:
        kept = {
            "questions": ASKED,
            "runs": arguments.runs,
            "processors": os.cpu_count(),
            "load_before": round(load_before, 1),
            "milliseconds": {name: kept_figure(figure) for name, figure in figures.items()},
        }
        arguments.json.write_text(json.dumps(kept, indent=1) + "\n")


def show(figures: dict[str, Figure]) -> None:
    """Print a row for each figure."""
    table = Table("ms", "bar", "best run", "median", "met", "plain, median", "ratio")
    for name, figure in figures.items():
        ours, plain = figure.median("askreport"), figure.median("plain")
        table.add_row(
            name,
            f"{figure.bar:.0f}" if figure.bar else "",
            f"{figure.best('askreport'):.0f}",
            f"{ours:.0f}",
            ("yes" if ours <= figure.bar else "no") if figure.bar else "",
            f"{plain:.0f}",
            f"{plain / ours:.1f}",
        )
    Console().print(table)


def kept_figure(figure: Figure) -> dict[str, Any]:
    """A figure as it is kept."""
    ways = {
        way: {"best": round(figure.best(way)), "median": round(figure.median(way))}
        for way in figure.runs
    }
    return {"bar": figure.bar, **ways}


def measure(megabytes: float, runs: int) -> dict[str, Figure]:
    """All figures by name."""
    long = f"{megabytes:g} MB"
    opened = {long: Figure(OPENED_BAR_MS), "the report": Figure(OPENED_BAR_MS)}
    scrolled = {name: Figure() for name in opened}
    medians, percentiles = Figure(ANSWERED_BAR_MS), Figure(ANSWERED_BAR_MS)
    with tempfile.TemporaryDirectory() as temporary, chromium() as browser:
        long_report = Path(temporary) / "long.txt"
        long_report.write_text(made_up(megabytes), encoding="utf-8")
        for way in WAYS:
            for name, report in ((long, long_report), ("the report", REPORT)):
                with serving(way, report, temporary) as url:
                    times = [visited(browser, url, way) for _ in range(runs + 1)][1:]
                    opened[name].runs[way.name] = [time for time, _ in times]
                    scrolled[name].runs[way.name] = [time for _, time in times]
                    if report == REPORT:
                        answers = [answered(browser, url, way) for _ in range(runs)]
                        medians.runs[way.name] = [statistics.median(one) for one in answers]
                        percentiles.runs[way.name] = [percentile95(one) for one in answers]
    return {
        **{f"{name} opened": figure for name, figure in opened.items()},
        **{f"{name} scrolled": figure for name, figure in scrolled.items()},
        "answered, median": medians,
        "answered, 95th percentile": percentiles,
    }


def visited(browser: Browser, url: str, way: Way) -> tuple[float, float]:
    """Milliseconds until a fresh visitor can read and has typed, and to text far down."""
    with visit(browser) as page:
        page.goto(url, wait_until="commit")
        page.wait_for_selector(way.opened)
        box = page.locator("textarea").first
        box.press_sequentially("?")
        assert box.input_value() == "?", "the question box lost what was typed"
        opened = float(page.evaluate("performance.now()"))
        return opened, float(page.evaluate(SCROLLED, way.paragraph))


def answered(browser: Browser, url: str, way: Way) -> list[float]:
    """Milliseconds from Enter to each answer, in one conversation after `WARM_UP` questions."""
    times = []
    with visit(browser) as page:
        page.goto(url)
        page.wait_for_selector(way.opened)
        for count, question in enumerate(questions(), start=1):
            page.locator("textarea").first.fill(question)
            done = {"selector": way.answer, "count": count}
            page.evaluate(TIMED, done)
            page.keyboard.press("Enter")
            times.append(float(page.evaluate("window.timed")))
            page.wait_for_selector(".submit-button")  # it takes the next question
    return times[WARM_UP:]


def questions() -> list[str]:
    """Different questions, of all kinds of the file in turn."""
    rows = [json.loads(line) for line in QUESTIONS.read_text(encoding="utf-8").splitlines()]
    every = list(dict.fromkeys(row["question"] for row in rows))
    step = len(every) // (ASKED + WARM_UP)
    return every[::step][: ASKED + WARM_UP]


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


def percentile95(values: list[float]) -> float:
    """95th percentile."""
    return statistics.quantiles(values, n=20)[-1]


if __name__ == "__main__":
    main()
