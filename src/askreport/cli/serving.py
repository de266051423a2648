"""chat."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from askreport.cli.shared import Config, IndexDir, Set, app, out, progress_bar, settings_of

if TYPE_CHECKING:
    from askreport.assembly import Assistant
    from askreport.config import Settings
    from askreport.web.trial import Changes, OpenVariant

EVALS = Path("evals")


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
    settings = settings_of(config, [*(set_ or []), *given], index_dir)
    with progress_bar() as progress:
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
