"""The only reader of `prompts/`: what a chat model is told, a file for each task and language.

What a task has two messages for is named after them, "answer.system" and "answer.user".

A prompt is plain text with `{slots}`. Slots are filled in one pass, so braces in a report or a
question stay as they are and can open no slot.
"""

import re
from functools import cache
from pathlib import Path

_IN_PACKAGE = Path(__file__).parent / "prompts"  # an installed wheel carries the folder here
_IN_REPOSITORY = Path(__file__).parents[2] / "prompts"
_SLOT = re.compile(r"\{([a-z_]+)\}")


def fill(task: str, language: str, **values: str) -> str:
    """The prompt `task`.`language` with every slot filled; `KeyError` names a slot without a
    value."""
    return _SLOT.sub(lambda slot: values[slot[1]], _read(f"{task}.{language}.md"))


def slots(task: str, language: str) -> set[str]:
    """Names of the slots of a prompt."""
    return set(_SLOT.findall(_read(f"{task}.{language}.md")))


@cache
def _read(name: str) -> str:
    folder = _IN_PACKAGE if _IN_PACKAGE.exists() else _IN_REPOSITORY
    return (folder / name).read_text(encoding="utf-8")
