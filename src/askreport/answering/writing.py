"""Answers written by a chat model from numbered sentences, which it must cite.

    sentences [1]..[n] + question -> prompt -> model, streamed -> markers kept only where they point
    to a given sentence -> renumbered citations

What the model says is data: a marker with a number that was not given is dropped, an answer without
any citation is no answer. The report's text is fenced, and its angle brackets are made full-width,
so that it can close no fence.
"""

import re
from collections.abc import Iterator, Sequence

from langchain_core.language_models import BaseChatModel

from askreport import prompts
from askreport.answering.citations import MARKER
from askreport.answering.phrases import Language, language_of
from askreport.errors import ModelUnavailable
from askreport.schema import Turn

NOT_FOUND = "NOT_FOUND"
EVIDENCE_SENTENCES = 24  # sentences shown to the model: the best, with their neighbours
MAX_ANSWER_CHARS = 20_000  # what a model says beyond this is cut off
_FULLWIDTH_MARKER = re.compile(r"【\s*(\d{1,3})\s*】|\[\s*(\d{1,3})\s*\]")
_OPEN_MARKER = re.compile(r"[\[【][\s\d]{0,5}$")
_FENCE = str.maketrans("<>", "＜＞")
_HISTORY_TURNS = 4


class Writer:
    """Writes answers with `model`. Every failure of the model becomes `ModelUnavailable`."""

    def __init__(self, model: BaseChatModel, name: str) -> None:
        self._model = model
        self.name = name

    def write(self, question: str, sentences: Sequence[str]) -> Iterator[str]:
        """The answer as it grows; each item is longer than the last, and no marker is cut in two.

        Markers count `sentences` from 1. Yields nothing where the model found no answer.
        """
        prompt = prompts.fill(
            "answer",
            language_of(question),
            sentences="\n".join(f"[{n}] {_fenced(s)}" for n, s in enumerate(sentences, 1)),
            question=_fenced(question),
        )
        text = ""
        for piece in self._stream(prompt):
            text = (text + piece)[:MAX_ANSWER_CHARS]
            if not NOT_FOUND.startswith(text.strip()[: len(NOT_FOUND)]):
                yield valid_markers(_OPEN_MARKER.sub("", text), len(sentences))
        if text.strip() and not text.strip().startswith(NOT_FOUND):
            yield valid_markers(text, len(sentences)).strip()

    def rewrite(self, question: str, history: Sequence[Turn]) -> str:
        """`question` as one that stands alone."""
        language: Language = language_of(question)
        conversation = "\n".join(
            f"Q: {_fenced(turn.question)}\nA: {_fenced(turn.answer)}"
            for turn in history[-_HISTORY_TURNS:]
        )
        prompt = prompts.fill(
            "rewrite", language, conversation=conversation, question=_fenced(question)
        )
        lines = "".join(self._stream(prompt)).strip().splitlines()
        return lines[0][:500] if lines else question

    def _stream(self, prompt: str) -> Iterator[str]:
        try:
            for chunk in self._model.stream(prompt):
                yield str(chunk.text)
        except (
            Exception
        ) as error:  # each provider raises its own; all mean: no answer from this model
            reason = type(error).__name__
            raise ModelUnavailable(f"Chat model {self.name} failed: {reason}") from error


def valid_markers(text: str, count: int) -> str:
    """`text` with markers `[n]` for 1 <= n <= `count` only; full-width ones become plain."""

    def kept(match: re.Match[str]) -> str:
        number = int(match[1] or match[2])
        return f"[{number}]" if 1 <= number <= count else ""

    return _FULLWIDTH_MARKER.sub(kept, text)


def renumber(text: str) -> tuple[str, list[int]]:
    """`text` with its markers counted from 1 as they appear, and what each pointed to before."""
    order: list[int] = []

    def renumbered(match: re.Match[str]) -> str:
        number = int(match[1])
        if number not in order:
            order.append(number)
        return f"[{order.index(number) + 1}]"

    return MARKER.sub(renumbered, text), order


def _fenced(text: str) -> str:
    return text.translate(_FENCE)
