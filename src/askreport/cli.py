"""The command line. Heavy imports stand inside the commands, so that `--help` is instant."""

import json
import os
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

from askreport.errors import AskReportError, QuestionInvalid

if TYPE_CHECKING:
    from askreport.assembly import Assistant
    from askreport.config import Settings
    from askreport.evaluation.questions import BatchQuestion
    from askreport.schema import Answer, TestQuestion
    from askreport.web.trial import Changes, OpenVariant

app = typer.Typer(
    name="askreport",
    help="Ask a report questions and get answers that cite it, sentence by sentence.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
)

out = Console(highlight=False, markup=False, soft_wrap=True)
err = Console(stderr=True, highlight=False, markup=False, soft_wrap=True)

IndexDir = Annotated[Path | None, typer.Option("--index-dir", help="Folder of the index.")]
Config = Annotated[Path | None, typer.Option("--config", help="Settings file (TOML).")]
Set = Annotated[
    list[str] | None, typer.Option("--set", metavar="KEY=VALUE", help="Change a setting.")
]
AsJson = Annotated[bool, typer.Option("--json", help="Print JSON.")]
JsonOut = Annotated[Path | None, typer.Option("--json", help="Write the result as JSON.")]

EVALS = Path("evals")
SHOWN_CHARS = 200  # of a question that is too long to be asked
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


@app.command()
def index(
    files: Annotated[
        list[Path] | None, typer.Argument(help="Reports; default: every file in reports/.")
    ] = None,
    index_dir: IndexDir = None,
    config: Config = None,
    set_: Set = None,
) -> None:
    """Build or refresh the index."""
    from askreport.assembly import build_index

    settings = _settings(config, set_, index_dir)
    with _progress() as progress:
        info = build_index(files, progress=progress, settings=settings)
    state = "Built" if info.built else "Nothing changed in"
    out.print(
        f"{state} {info.directory}: {len(info.reports)} report(s), {info.passages} passages,"
        f" {info.sentences} sentences, model {info.model}."
    )


@app.command()
def chat(
    host: Annotated[str | None, typer.Option(help="Address to listen on.")] = None,
    port: Annotated[int | None, typer.Option(help="Port to listen on; 0: any free one.")] = None,
    share: Annotated[bool, typer.Option("--share", help="Also make a public link.")] = False,
    mcp: Annotated[bool, typer.Option("--mcp", help="Also serve MCP clients.")] = False,
    index_dir: IndexDir = None,
    config: Config = None,
    set_: Set = None,
) -> None:
    """Serve the web page; build the index first if there is none or it is stale."""
    from askreport.answering.examples import example_questions
    from askreport.assembly import open_assistant, refresh_index
    from askreport.web import Bench, QuestionFile, build_page, launch

    changes = {"web.host": host, "web.port": port, "web.share": share or None}
    given = [f"{key}={value}" for key, value in changes.items() if value is not None]
    settings = _settings(config, [*(set_ or []), *given], index_dir)
    with _progress() as progress:
        refresh_index(settings, progress)
    assistant = open_assistant(settings=settings)
    page = build_page(
        assistant,
        examples=example_questions(assistant.reports),
        max_question_chars=settings.answer.max_question_chars,
        feedback=(
            QuestionFile(settings.web.feedback_file, "feedback") if settings.web.feedback else None
        ),
        programs=assistant,
        model=settings.llm.model,
        bench=Bench(EVALS, _variants(settings)) if settings.web.evaluation else None,
    )
    launch(
        page,
        host=settings.web.host,
        port=settings.web.port,
        share=settings.web.share,
        mcp=mcp,
        on_ready=lambda address: _greet(address, mcp),
    )


@app.command()
def ask(
    question: Annotated[str | None, typer.Argument(help="The question.")] = None,
    batch: Annotated[
        Path | None, typer.Option(help='JSON Lines in: {"id","question","history"}; out: answers.')
    ] = None,
    as_json: AsJson = False,
    index_dir: IndexDir = None,
    config: Config = None,
    set_: Set = None,
) -> None:
    """Answer one question, or a file of them."""
    if (question is None) == (batch is None):
        raise typer.BadParameter("give a QUESTION or --batch FILE, and not both")
    from askreport.assembly import open_assistant

    if batch is not None:
        from askreport.evaluation.questions import read_batch

        lines = read_batch(batch)
        assistant = open_assistant(settings=_settings(config, set_, index_dir))
        for line in lines:
            _print_json(_answer_or_refusal(assistant, line).to_json(line.id), indent=None)
        return
    assert question is not None
    answer = open_assistant(settings=_settings(config, set_, index_dir)).ask(question)
    if as_json:
        _print_json(answer.to_json())
    else:
        _print_answer(answer)


@app.command()
def search(
    query: Annotated[str, typer.Argument(help="What to look for.")],
    k: Annotated[int, typer.Option("-k", min=1, max=1000, help="How many passages.")] = 10,
    as_json: AsJson = False,
    index_dir: IndexDir = None,
    config: Config = None,
    set_: Set = None,
) -> None:
    """Show the passages that fit a query best."""
    from askreport.assembly import open_assistant

    found = open_assistant(settings=_settings(config, set_, index_dir)).search(query, k)
    if as_json:
        _print_json([{"text": document.page_content, **document.metadata} for document in found])
        return
    for rank, document in enumerate(found, 1):
        place = _place(document.metadata["chapter"], document.metadata["page"])
        out.print(f"{rank}. {place}", style="bold")
        out.print(f"   {printable(document.page_content)}\n")


@app.command("eval")
def evaluate_command(
    questions: Annotated[Path, typer.Argument(help="Test questions (JSON Lines).")] = Path(
        "evals/questions.jsonl"
    ),
    json_out: JsonOut = None,
    html_out: Annotated[
        Path | None, typer.Option("--html", help="Write the result as one HTML file with pictures.")
    ] = None,
    compare: Annotated[Path | None, typer.Option(help="An earlier result to compare with.")] = None,
    fail_under: Annotated[
        list[str] | None,
        typer.Option(metavar="METRIC=BOUND", help="Exit with 1 where a metric misses its bound."),
    ] = None,
    suggest: Annotated[
        int | None, typer.Option(min=1, help="Suggest so many new questions, and ask none.")
    ] = None,
    suggest_to: Annotated[Path, typer.Option(help="Where suggestions go (JSON Lines).")] = Path(
        "evals/suggested.jsonl"
    ),
    index_dir: IndexDir = None,
    config: Config = None,
    set_: Set = None,
) -> None:
    """Measure retrieval, answers, citations and refusals on test questions."""
    from askreport.assembly import open_assistant, source_commit
    from askreport.evaluation import questions as files
    from askreport.evaluation import runs, tables, thresholds
    from askreport.evaluation.comparison import compare as compare_results

    bounds = thresholds.parse_thresholds(fail_under or [])
    settings = _settings(config, set_, index_dir)
    if suggest is not None:
        known = files.read_questions(questions) if questions.exists() else ()
        _suggest(open_assistant(settings=settings), suggest, known, suggest_to)
        return
    asked = files.read_questions(questions)
    earlier = runs.read_result(compare) if compare else None
    assistant = open_assistant(settings=settings)
    with _progress() as progress:
        result = runs.evaluate(
            assistant,
            asked,
            settings=settings.model_dump(mode="json"),
            commit=source_commit(),
            progress=lambda done, total: progress("questions", done, total),
        )
    for table in tables.tables_for(result):
        out.print(table)
    comparison = compare_results(result, earlier) if earlier else None
    if comparison:
        for table in tables.tables_for(comparison):
            out.print(table)
    if json_out:
        _write_json(json_out, result.to_json())
    if html_out:
        from askreport.evaluation.html_report import html_report_of

        _write_text(html_out, html_report_of(result, assistant.reports, comparison, earlier))
    if faults := thresholds.faults(bounds, result.metrics["all"]):
        raise AskReportError(f"Not good enough: {faults}.")


@app.command()
def benchmark(
    passages: Annotated[Path, typer.Argument(help="SQuAD-format file; a paragraph is a passage.")],
    questions: Annotated[
        Path | None, typer.Option(help="SQuAD-format file with the questions, if another.")
    ] = None,
    sentences: Annotated[
        bool, typer.Option("--sentences", help="Look for the sentence that holds the answer.")
    ] = False,
    json_out: JsonOut = None,
    svg_out: Annotated[
        Path | None, typer.Option("--svg", help="Draw our place among published models.")
    ] = None,
    config: Config = None,
    set_: Set = None,
    index_dir: Annotated[
        Path | None, typer.Option("--index-dir", help="Keep the benchmark's index here.")
    ] = None,
) -> None:
    """Measure retrieval on a public benchmark."""
    from askreport.assembly import run_benchmark
    from askreport.evaluation import published, svg, tables

    settings = _settings(config, set_, None)
    with _progress() as progress:
        result = run_benchmark(
            passages, questions, settings, index_dir, progress, sentences=sentences
        )
    standings = published.standings(result)
    for table in tables.tables_for(result):
        out.print(table)
    for table in published.standings_tables(standings) if standings else ():
        out.print(table)
    if json_out:
        _write_json(json_out, result.to_json())
    if svg_out and standings is None:
        raise AskReportError(f"No published results are at hand for {passages.name}; leave --svg.")
    if svg_out and standings:
        _write_text(svg_out, svg.standalone(published.standings_svg(standings)))


def _greet(address: str, mcp: bool) -> None:
    from askreport.web.api import MCP_PATH

    out.print(f"Open {address}  (stop with Ctrl+C)")
    if mcp:
        out.print(f"MCP  {address.rstrip('/')}/{MCP_PATH}")


def _variants(settings: "Settings") -> "OpenVariant":
    """Assistants with some of `settings` changed, as the evaluation view opens them."""
    from askreport.assembly import open_assistant

    def open_variant(changes: "Changes") -> "tuple[Assistant, dict[str, object]]":
        assistant = open_assistant(settings=settings, **changes)
        return assistant, assistant.settings.model_dump(mode="json")

    return open_variant


def _suggest(
    assistant: "Assistant", count: int, known: "Sequence[TestQuestion]", path: Path
) -> None:
    """Write candidate questions for a person to accept or to reject."""
    from askreport.assembly import make_chat_model
    from askreport.evaluation import suggesting

    model = make_chat_model(assistant.settings)
    if model is not None:
        suggested = suggesting.suggest_with_model(model, assistant.reports, count, known)
    else:
        suggested = suggesting.suggest_questions(assistant.reports, count, known)
    if not suggested:
        raise AskReportError("No sentence of the reports makes a new question; write some by hand.")
    _write_text(path, suggesting.to_json_lines(suggested))
    out.print(f"{len(suggested)} questions suggested, of {count} asked for.")


def _answer_or_refusal(assistant: "Assistant", line: "BatchQuestion") -> "Answer":
    """The answer to a line of a batch; a question that cannot be asked is refused, no more."""
    from askreport.schema import Answer

    try:
        return assistant.ask(line.question, line.history)
    except QuestionInvalid as error:
        return Answer(
            line.question[:SHOWN_CHARS], str(error), refused=True, confidence=0.0, mode="quote"
        )


def _settings(config: Path | None, changes: list[str] | None, index_dir: Path | None) -> "Settings":
    from askreport.config import load_settings

    given = list(changes or [])
    if index_dir is not None:
        given.append(f"index.directory={index_dir}")
    return load_settings(config, os.environ, given)


@contextmanager
def _progress() -> Iterator[Callable[[str, int, int], None]]:
    """A progress bar on stderr, a line per stage; `report(stage, done, total)` moves it."""
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn())
    quiet = not err.is_terminal
    with Progress(*columns, TimeElapsedColumn(), console=err, transient=True, disable=quiet) as bar:
        tasks: dict[str, Any] = {}

        def report(stage: str, done: int, total: int) -> None:
            if stage not in tasks:
                tasks[stage] = bar.add_task(stage, total=total)
            bar.update(tasks[stage], completed=done, total=total)

        yield report


def printable(text: str) -> str:
    """`text` without control characters, which could drive the reader's terminal."""
    return "".join(c if c.isprintable() or c in "\n\t" else " " for c in text)


def _print_answer(answer: "Answer") -> None:
    if answer.notice:
        err.print(printable(answer.notice), style="yellow")
    if answer.query != answer.question:
        out.print(f"({printable(answer.query)})", style="dim")
    out.print(printable(answer.answer))
    for one in answer.unsupported:
        sentence, words = answer.answer[one.start : one.end], ", ".join(one.words)
        reason = f"{one.reason}: {words}" if words else one.reason
        out.print(f"  Not supported ({printable(reason)}): {printable(sentence)}", style="yellow")
    for citation in answer.citations:
        place = _place(citation.chapter, citation.page)
        out.print(f"  [{citation.number}] {place}  {citation.report}", style="dim")
    if answer.refused and answer.passages:
        places = (_place(passage.chapter, passage.page) for passage in answer.passages[:3])
        out.print("  " + "; ".join(filter(None, places)))


def _place(chapter: str | None, page: int | None) -> str:
    return ", ".join(filter(None, [printable(chapter or ""), f"p. {page}" if page else ""]))


def _print_json(value: Any, indent: int | None = 2) -> None:
    sys.stdout.write(json.dumps(value, ensure_ascii=False, indent=indent) + "\n")


def _write_json(path: Path, value: Any) -> None:
    _write_text(path, json.dumps(value, ensure_ascii=False, indent=1) + "\n")


def _write_text(path: Path, text: str) -> None:
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    except OSError as error:
        raise AskReportError(
            f"Cannot write {path} ({error.strerror}); name another file."
        ) from error
    err.print(f"Written: {path}")
