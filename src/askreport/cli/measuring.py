"""eval, benchmark."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from askreport.cli.shared import (
    Config,
    IndexDir,
    JsonOut,
    Set,
    app,
    out,
    progress_bar,
    settings_of,
    write_json,
    write_text,
)
from askreport.errors import AskReportError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from askreport.assembly import Assistant
    from askreport.schema import TestQuestion


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
    settings = settings_of(config, set_, index_dir)
    if suggest is not None:
        known = files.read_kept(questions)
        _suggest(open_assistant(settings=settings), suggest, known, suggest_to)
        return
    asked = files.read_questions(questions)
    rated = files.read_kept(settings.web.feedback_file) if html_out else ()
    earlier = runs.read_result(compare) if compare else None
    assistant = open_assistant(settings=settings)
    with progress_bar() as progress:
        result = runs.evaluate(
            assistant,
            asked,
            settings=settings.model_dump(mode="json"),
            commit=source_commit(),
            progress=lambda done, total: progress("questions", done, total),
        )
    comparison = compare_results(result, earlier) if earlier else None
    for shown in (result, comparison):
        for table in tables.tables_for(shown) if shown else ():
            out.print(table)
    if json_out:
        write_json(json_out, result.to_json())
    if html_out:
        from askreport.evaluation.html_report import html_report_of

        html = html_report_of(result, assistant.reports, comparison, earlier, rated)
        write_text(html_out, html)
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

    settings = settings_of(config, set_, None)
    with progress_bar() as progress:
        result = run_benchmark(
            passages, questions, settings, index_dir, progress, sentences=sentences
        )
    standings = published.standings(result)
    for table in tables.tables_for(result):
        out.print(table)
    for table in published.standings_tables(standings) if standings else ():
        out.print(table)
    if json_out:
        write_json(json_out, result.to_json())
    if svg_out and standings is None:
        raise AskReportError(f"No published results are at hand for {passages.name}; leave --svg.")
    if svg_out and standings:
        write_text(svg_out, svg.standalone(published.standings_svg(standings)))


def _suggest(
    assistant: "Assistant", count: int, known: "Sequence[TestQuestion]", path: Path
) -> None:
    """Write candidate questions for a person to accept or to reject."""
    from askreport.answering import writing
    from askreport.assembly import make_chat_model
    from askreport.evaluation import suggesting

    llm = assistant.settings.llm
    model = make_chat_model(assistant.settings)
    if model is not None:
        suggested = suggesting.suggest_with_model(
            lambda prompt: writing.ask(model, prompt, llm.model, llm.timeout_seconds),
            assistant.reports,
            count,
            known,
        )
    else:
        suggested = suggesting.suggest_questions(assistant.reports, count, known)
    if not suggested:
        raise AskReportError("No sentence of the reports makes a new question; write some by hand.")
    write_text(path, suggesting.to_json_lines(suggested))
    out.print(f"{len(suggested)} questions suggested, of {count} asked for.")
