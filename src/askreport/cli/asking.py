"""index, ask, search."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from askreport.cli.shared import (
    AsJson,
    Config,
    IndexDir,
    Set,
    app,
    err,
    out,
    print_json,
    printable,
    progress_bar,
    settings_of,
)
from askreport.errors import QuestionInvalid

if TYPE_CHECKING:
    from askreport.assembly import Assistant
    from askreport.evaluation.questions import BatchQuestion
    from askreport.schema import Answer

SHOWN_CHARS = 200  # of a question that is too long to be asked


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

    settings = settings_of(config, set_, index_dir)
    with progress_bar() as progress:
        info = build_index(files, progress=progress, settings=settings)
    state = "Built" if info.built else "Nothing changed in"
    out.print(
        f"{state} {info.directory}: {len(info.reports)} report(s), {info.passages} passages,"
        f" {info.sentences} sentences, model {info.model}."
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
        assistant = open_assistant(settings=settings_of(config, set_, index_dir))
        for line in lines:
            print_json(_answer_or_refusal(assistant, line).to_json(line.id), indent=None)
        return
    assert question is not None
    answer = open_assistant(settings=settings_of(config, set_, index_dir)).ask(question)
    if as_json:
        print_json(answer.to_json())
    else:
        print_answer(answer)


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

    found = open_assistant(settings=settings_of(config, set_, index_dir)).search(query, k)
    if as_json:
        print_json([{"text": document.page_content, **document.metadata} for document in found])
        return
    for rank, document in enumerate(found, 1):
        place = _place(document.metadata["chapter"], document.metadata["page"])
        out.print(f"{rank}. {place}", style="bold")
        out.print(f"   {printable(document.page_content)}\n")


def _answer_or_refusal(assistant: "Assistant", line: "BatchQuestion") -> "Answer":
    """The answer to a line of a batch; a question that cannot be asked is refused, no more."""
    from askreport.schema import Answer

    try:
        return assistant.ask(line.question, line.history)
    except QuestionInvalid as error:
        return Answer(
            line.question[:SHOWN_CHARS], str(error), refused=True, confidence=0.0, mode="quote"
        )


def print_answer(answer: "Answer") -> None:
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
