"""What a chat model is told, and its reply as it streams.

    question + sentences [1]..[n] -> system message: the rules; user message: fenced material
    -> model -> pieces of text, up to a length and within a time

The rules stand in a message of their own into which nothing of a report or a reader is filled. In
the other one every text is fenced, without the means to close its fence: angle brackets are
full-width, a sentence is one line, and a bracketed number in it is in parentheses.
"""

import threading
import time
from collections.abc import Callable, Generator, Iterator, Sequence
from contextlib import closing
from contextvars import copy_context
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from langchain_core.language_models import BaseChatModel
from langchain_core.messages import AIMessageChunk

from askreport import prompts
from askreport.answering import faults
from askreport.answering.faults import ChatModelFailed
from askreport.answering.markers import defused
from askreport.answering.phrases import language_of
from askreport.answering.verification import missing_names, missing_numbers
from askreport.schema import Turn, Usage

NOT_FOUND = "NOT_FOUND"  # what the prompt has a model write where it sees no answer
MAX_ANSWER_CHARS = 20_000
_MAX_QUESTION_CHARS = 500  # of a rewritten question
_HISTORY_TURNS = 4
_TURN_CHARS = 1000
_FENCE = str.maketrans("<>", "＜＞")
# Keys of the metadata with which providers say, at the end, why a reply ends ...
_END_KEYS = ("finish_reason", "stop_reason", "stopReason", "done_reason", "status")
_CUT_OFF = frozenset(("length", "max_tokens", "MAX_TOKENS", "incomplete"))  # ... and that it is cut


@dataclass(frozen=True, slots=True)
class Rewritten:
    """A follow-up as a question that stands alone, and what that took.

    The question is empty where a number or a name came into it that nobody had mentioned.
    """

    question: str
    usage: Usage | None = None


class Reply:
    """The text of a reply in pieces as they come; to be iterated over once, and closed.

    Iterating raises `ChatModelFailed`, also where the stream breaks off or takes too long. At its
    end `usage` is known, if the model tells, and whether the text was `cut` for its length.
    """

    def __init__(
        self, chunks: Generator[AIMessageChunk], model: str, timeout_seconds: float
    ) -> None:
        self.usage: Usage | None = None
        self.cut = False
        self._chunks = chunks
        self._model = model
        self._deadline = time.monotonic() + timeout_seconds
        self._room = MAX_ANSWER_CHARS
        self._tells_its_end, self._ended = False, False
        self._given_up = False

    def __iter__(self) -> Iterator[str]:
        try:
            while (chunk := self._next()) is not None:
                self._note(chunk)
                text = str(chunk.text)
                if len(text) > self._room:
                    self.cut = True
                    yield text[: self._room]
                    return
                self._room -= len(text)
                if text:
                    yield text
        except Exception as error:  # each provider raises its own
            raise faults.of_call(error, self._model) from error
        if self._tells_its_end and not self._ended:
            raise ChatModelFailed("broken", self._model)

    def close(self) -> None:
        """End the stream; the connection to the server is closed with it."""
        if not self._given_up:
            self._chunks.close()

    def _next(self) -> AIMessageChunk | None:
        """The next chunk, `None` at the end.

        A provider's own timeout is for each read, so a server that sends a byte now and then would
        be waited for without end: a thread waits for it, which nobody has to wait for.
        """
        found: list[AIMessageChunk | Exception | None] = []

        def fetch() -> None:
            try:
                found.append(next(self._chunks, None))
            except Exception as error:  # noqa: BLE001  raised below, where it is waited for
                found.append(error)
            if self._given_up:
                self._chunks.close()

        # Whoever calls us may have told LangChain, in this context, where to report to.
        thread = threading.Thread(target=copy_context().run, args=(fetch,), daemon=True)
        thread.start()
        thread.join(max(0.0, self._deadline - time.monotonic()))
        if thread.is_alive():
            self._given_up = True
            raise ChatModelFailed("timeout", self._model)
        if isinstance(found[0], Exception):
            raise found[0]
        return found[0]

    def _note(self, chunk: AIMessageChunk) -> None:
        if told := chunk.usage_metadata:
            spent = Usage(told["input_tokens"], told["output_tokens"])
            self.usage = self.usage + spent if self.usage else spent
        metadata = chunk.response_metadata
        reasons = {str(metadata[key]) for key in _END_KEYS if metadata.get(key)}
        self._tells_its_end |= "model_provider" in metadata
        self._ended |= bool(reasons)
        self.cut |= bool(reasons & _CUT_OFF)


class Writer:
    """Has the chat model `name` write answers and rewrite follow-ups.

    `make_model` is called when the model is first needed, and again if it failed. Every failure is
    a `ChatModelFailed`. `max_input_chars` of sentences fit into a prompt; a reply may take
    `timeout_seconds`.
    """

    def __init__(
        self,
        make_model: Callable[[], BaseChatModel],
        name: str,
        *,
        max_input_chars: int,
        timeout_seconds: float,
    ) -> None:
        self.name = name
        self.max_input_chars = max_input_chars
        self._make_model = make_model
        self._timeout_seconds = timeout_seconds

    @cached_property
    def _model(self) -> BaseChatModel:
        return self._make_model()

    def write(self, question: str, sentences: Sequence[str]) -> Reply:
        """The reply to `question` from `sentences`, which its markers count from 1.

        The sentences are to be what `as_material` made of them.
        """
        numbered = "\n".join(f"[{n}] {sentence}" for n, sentence in enumerate(sentences, 1))
        language = language_of(question)
        return self._ask("answer", language, sentences=numbered, question=_fenced(question))

    def rewrite(self, question: str, history: Sequence[Turn]) -> Rewritten:
        """`question` as one that stands alone."""
        turns = history[-_HISTORY_TURNS:]
        conversation = "\n".join(
            f"{_fenced(turn.question[:_TURN_CHARS])}\n{_fenced(turn.answer[:_TURN_CHARS])}"
            for turn in turns
        )
        language = language_of(question)
        reply = self._ask(
            "rewrite", language, conversation=conversation, question=_fenced(question)
        )
        with closing(reply):
            lines = "".join(reply).strip().splitlines()
        rewritten = lines[0].strip() if lines else ""
        said = [question, *(text for turn in turns for text in (turn.question, turn.answer))]
        is_new = missing_numbers(rewritten, said) or missing_names(rewritten, said)
        if is_new or len(rewritten) > max(len(question), _MAX_QUESTION_CHARS):
            rewritten = ""
        return Rewritten(rewritten, reply.usage)

    def _ask(self, task: str, language: str, **material: str) -> Reply:
        messages = [
            ("system", prompts.fill(f"{task}.system", language)),
            ("human", prompts.fill(f"{task}.user", language, **material)),
        ]
        chunks: Any = self._model.stream(messages)
        return Reply(chunks, self.name, self._timeout_seconds)


def ask(model: BaseChatModel, prompt: str, name: str, timeout_seconds: float) -> str:
    """The whole reply of the chat model `name` to one prompt. Raises `ChatModelFailed`."""
    chunks: Any = model.stream(prompt)
    with closing(Reply(chunks, name, timeout_seconds)) as reply:
        return "".join(reply)


def as_material(sentence: str) -> str:
    """A sentence of a report as a model sees it: on one line, unable to plant a marker or to close
    its fence."""
    return _fenced(defused(" ".join(sentence.split())))


def _fenced(text: str) -> str:
    return text.translate(_FENCE)
