"""Rules of the code base: direction of imports, public names, documented commands."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from typer.main import get_command

import askreport
from askreport.cli import app

REPOSITORY = Path(__file__).parents[1]
SOURCE = REPOSITORY / "src" / "askreport"

# From the bottom up; a file imports only from rows above its own, or from its own row.
ROWS = (
    {"errors", "schema"},
    {"config", "prompts"},
    {"onnx", "static", "reading", "chunking", "embedding", "lexical"},
    {"index", "store"},
    {"retrieval"},
    {"answering"},
    {"evaluation"},
    {"assembly"},
    {"web", "cli", "__main__", "__init__"},
)
ROW_OF = {name: row for row, names in enumerate(ROWS) for name in names}
FILES = sorted(SOURCE.rglob("*.py"))


def part(path: Path) -> str:
    return path.relative_to(SOURCE).with_suffix("").parts[0]


def imported_parts(path: Path) -> Iterator[str]:
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.ImportFrom) and node.module == "askreport":
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and (node.module or "").startswith("askreport."):
            yield (node.module or "").split(".")[1]
        elif isinstance(node, ast.Import):
            names = (alias.name.split(".") for alias in node.names)
            yield from (name[1] for name in names if name[0] == "askreport" and len(name) > 1)


@pytest.mark.parametrize("path", FILES, ids=lambda path: str(path.relative_to(SOURCE)))
def test_imports_point_up(path: Path) -> None:
    if part(path) == "__init__":
        return  # it names the public objects and imports them when they are asked for
    for name in imported_parts(path):
        assert ROW_OF[name] <= ROW_OF[part(path)], f"{path.name} imports {name} from a later row"


@pytest.mark.parametrize("path", FILES, ids=lambda path: str(path.relative_to(SOURCE)))
def test_settings_stop_at_the_edge(path: Path) -> None:
    if part(path) not in {"assembly", "cli", "embedding", "config"}:
        assert "config" not in set(imported_parts(path))


def test_public_names() -> None:
    assert {"build_index", "open_assistant", "Answer", "Citation", "AskReportError"} <= set(
        askreport.__all__
    )
    for name in askreport.__all__:
        assert getattr(askreport, name).__name__ == name
    with pytest.raises(AttributeError):
        _ = askreport.nothing


def test_commands_of_the_readme_exist() -> None:
    readme = (REPOSITORY / "README.md").read_text(encoding="utf-8")
    commands = set(get_command(app).commands)  # type: ignore[attr-defined]
    used = set(re.findall(r"^(?:\$ )?askreport (\w+)", readme, re.MULTILINE))
    assert used
    assert used <= commands
    makefile = (REPOSITORY / "Makefile").read_text(encoding="utf-8")
    for target in re.findall(r"^(?:\$ )?make (\w+)", readme, re.MULTILINE):
        assert re.search(rf"^{target}:", makefile, re.MULTILINE), target


def test_nothing_prints() -> None:
    for path in FILES:
        assert not re.search(r"^\s*print\(", path.read_text(encoding="utf-8"), re.MULTILINE), path
