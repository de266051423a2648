"""chat, and what belongs to it: user, data."""

import ipaddress
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from askreport.cli.shared import (
    Config,
    IndexDir,
    Set,
    app,
    out,
    printable,
    progress_bar,
    settings_of,
)
from askreport.errors import SettingsInvalid

if TYPE_CHECKING:
    from askreport.assembly import Assistant
    from askreport.config import Settings
    from askreport.web.login import Login
    from askreport.web.trial import Changes, OpenVariant

EVALS = Path("evals")


@app.command()
def chat(
    host: Annotated[str | None, typer.Option(help="Address to listen on.")] = None,
    port: Annotated[int | None, typer.Option(help="Port to listen on; 0: any free one.")] = None,
    share: Annotated[bool, typer.Option("--share", help="Also make a public link.")] = False,
    mcp: Annotated[bool, typer.Option("--mcp", help="Also serve MCP clients.")] = False,
    auth_file: Annotated[
        Path | None, typer.Option(help="Ask for a login; made by: askreport user NAME.")
    ] = None,
    no_auth: Annotated[
        bool, typer.Option("--no-auth", help="No login, even where others can reach the page.")
    ] = False,
    index_dir: IndexDir = None,
    config: Config = None,
    set_: Set = None,
) -> None:
    """Serve the web page; build the index first if there is none or it is stale."""
    from askreport.answering.examples import example_questions
    from askreport.assembly import open_assistant, refresh_index
    from askreport.web import Bench, QuestionFile, build_page, launch

    changes = {
        "web.host": host,
        "web.port": port,
        "web.share": share or None,
        "web.auth_file": auth_file,
        "web.auth": False if no_auth else None,
    }
    given = [f"{key}={value}" for key, value in changes.items() if value is not None]
    settings = settings_of(config, [*(set_ or []), *given], index_dir)
    login = _login(settings)
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
        login=login,
        on_ready=lambda address: _greet(address, mcp),
    )


def _login(settings: "Settings") -> "Login | None":
    """The login of the settings. Raises `SettingsInvalid` where others could come in without."""
    from askreport.web import Login

    web = settings.web
    if web.auth_file is not None:
        return Login(web.auth_file)
    if web.auth and (web.share or not _is_this_machine(web.host)):
        where = "a public link" if web.share else web.host
        raise SettingsInvalid(
            f"Others could reach the page at {where}, and there is no login. Make one:"
            " askreport user NAME --auth-file users.txt, and give the same file to chat; or say"
            " --no-auth."
        )
    return None


def _is_this_machine(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


@app.command()
def user(
    name: Annotated[str, typer.Argument(help="Name to log in with.")],
    auth_file: Annotated[Path, typer.Option(help="File of the users.")],
    remove: Annotated[bool, typer.Option("--remove", help="Take the user out.")] = False,
) -> None:
    """Let somebody log in to the page; the password is asked for, or read from stdin."""
    from askreport.web import change_user

    password = None
    if not remove and sys.stdin.isatty():
        password = typer.prompt("Password", hide_input=True, confirmation_prompt=True)
    elif not remove:
        password = sys.stdin.readline().rstrip("\n")
    change_user(auth_file, name, password)
    out.print(f"{'Removed' if remove else 'Set'}: {printable(name)} in {auth_file}")


@app.command()
def data(
    delete: Annotated[bool, typer.Option("--delete", help="Delete it.")] = False,
    config: Config = None,
    set_: Set = None,
    index_dir: IndexDir = None,
) -> None:
    """Show what readers left on this machine, or delete it."""
    from askreport.web import QuestionFile

    file = QuestionFile(settings_of(config, set_, index_dir).web.feedback_file, "feedback")
    if delete:
        out.print(f"Deleted: {file.delete()} question(s) in {file.path}")
        return
    kept = file.read()
    out.print(f"Feedback in {file.path}: {len(kept)} question(s)")
    for question in kept:
        out.print(f"  {question.id}  {printable(question.question)}")
    out.print("Conversations: none; each reader's browser keeps its own, and no log has questions.")


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
