"""Every prompt is there in both languages, and its slots are what the code fills."""

import pytest

from askreport import prompts

SLOTS: dict[str, set[str]] = {
    "answer.system": set(),  # rules hold nothing of a report or of a reader
    "answer.user": {"sentences", "question"},
    "rewrite.system": set(),
    "rewrite.user": {"conversation", "question"},
    "suggest": {"count", "text"},
}


@pytest.mark.parametrize("language", ["zh", "en"])
@pytest.mark.parametrize("task", SLOTS)
def test_slots(task: str, language: str) -> None:
    assert prompts.slots(task, language) == SLOTS[task]
    assert "{" not in prompts.fill(task, language, **dict.fromkeys(SLOTS[task], "x"))


def test_braces_in_a_value_open_no_slot() -> None:
    values = {"conversation": "{question}", "question": "{conversation} {x}"}
    filled = prompts.fill("rewrite.user", "en", **values)
    assert "{question}" in filled
    assert "{conversation} {x}" in filled


def test_a_slot_without_a_value_is_named() -> None:
    with pytest.raises(KeyError, match="question"):
        prompts.fill("answer.user", "zh", sentences="")
