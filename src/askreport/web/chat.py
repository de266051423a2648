"""Questions in, conversations out: what the page's events do, without its components.

Nothing is shared between readers: a conversation lives in the session of its reader. The server
drops the session that was longest without a request when there are too many, also that of an open
page; the reader's browser keeps what is needed to go on.
"""

import logging
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any, Final, Protocol

import gradio as gr

from askreport.errors import AskReportError
from askreport.schema import Answer, Report, Turn
from askreport.web.keeping import as_json, as_markdown, restored, stored
from askreport.web.markup import clean
from askreport.web.offering import following_questions
from askreport.web.rendering import Exchange, render_conversation
from askreport.web.strings import Strings, spoken, strings_for

REFRESH_SECONDS: Final = 0.15  # Gradio's cost is per update, not per character
_NEAREST_KEPT: Final = 3  # places that a refusal shows

_logger = logging.getLogger(__name__)

Conversation = tuple[Exchange, ...]
# Conversation HTML, conversation, question box, what the browser keeps; each may be an update.
Shown = tuple[Any, Conversation, Any, Any]


class Assistant(Protocol):
    """What the page needs of the assistant."""

    @property
    def reports(self) -> tuple[Report, ...]:
        """The reports that are asked, in the order they are shown."""

    def stream(self, question: str, history: Sequence[Turn] = ()) -> Iterator[Answer]:
        """Answers that grow; the last is whole. Raises AskReportError."""


@dataclass(frozen=True, slots=True)
class Chat:
    """Questions in, conversation HTML out. Holds no reader's data; `answered` gets each whole
    answer."""

    assistant: Assistant
    max_question_chars: int
    model: str = ""
    answered: Callable[[Answer], None] = lambda _answer: None

    def recall(
        self, session: Conversation | None, kept: object, chosen: object, request: gr.Request
    ) -> tuple[Conversation, str]:
        """The reader's conversation and language code, from the session or else from the browser.

        A `session` without a conversation (`None`) is new; one that was emptied has an empty one.
        """
        strings = spoken(chosen, request.headers.get("accept-language", ""))
        conversation = restored(kept, self.assistant.reports) if session is None else session
        return conversation, strings.code

    def show(self, conversation: Conversation, strings: Strings, hint: str = "") -> str:
        """The conversation as HTML."""
        reports = self.assistant.reports
        return render_conversation(conversation, reports, strings, hint, self.model)

    def respond(
        self,
        question: object,
        conversation: Conversation,
        language: str,
        *,
        alone: bool = False,
    ) -> Iterator[Shown]:
        """Yields the question first, then its answers as they grow.

        A question that cannot be asked stays in the box, with a line that says why. An `alone`
        question is not about the conversation that it comes after.
        """
        strings = strings_for(language)
        conversation = settled(conversation)
        question = clean(question).strip() if isinstance(question, str) else ""
        hint = self._objection(question, strings)
        if hint:
            yield self.show(conversation, strings, hint), conversation, gr.skip(), gr.skip()
            return
        current = (*conversation, Exchange(question))
        waiting = gr.update(value="", submit_btn=False, stop_btn=strings.stop)
        yield self.show(current, strings), current, waiting, gr.skip()
        history = () if alone else _history(conversation)
        for exchange in self._exchanges(question, history, strings):
            current = (*conversation, exchange)
            yield self.show(current, strings), current, gr.skip(), gr.skip()
        current = (*conversation, self._with_following(exchange, conversation, strings))
        yield self.show(current, strings), current, _ready(strings), stored(current)

    def stop(self, conversation: Conversation, language: str) -> Shown:
        """The conversation with what there is of the answer that was being made."""
        strings, conversation = strings_for(language), settled(conversation)
        return self.show(conversation, strings), conversation, _ready(strings), stored(conversation)

    def edit(self, conversation: Conversation, language: str, at: int) -> Shown:
        """The conversation up to question `at`, which goes back into the box.

        `at` counts from the end, the last is -1: the browser may have kept only the last ones.
        """
        kept, strings = settled(conversation), strings_for(language)
        if not -len(kept) <= at < 0:
            return gr.skip(), kept, gr.skip(), gr.skip()
        box = gr.update(value=kept[at].question)
        return self.show(kept[:at], strings), kept[:at], box, stored(kept[:at])

    def retry(self, conversation: Conversation, language: str) -> Iterator[Shown]:
        """Ask the last question again, in place of its answer."""
        if conversation:
            *before, last = conversation
            yield from self.respond(last.question, tuple(before), language)

    def export(self, conversation: Conversation, language: str, form: str) -> dict[str, str]:
        """The conversation as a file: its name, its media type and its text."""
        if form == "json":
            text, media_type = as_json(conversation), "application/json"
        else:
            text = as_markdown(conversation, self.assistant.reports, strings_for(language))
            form, media_type = "md", "text/markdown"
        return {"name": f"askreport.{form}", "type": media_type, "text": text}

    def _with_following(
        self, exchange: Exchange, before: Conversation, strings: Strings
    ) -> Exchange:
        """The exchange with questions to go on with, which name nothing that was asked already."""
        if exchange.answer is None:
            return exchange
        asked = {earlier.question for earlier in (*before, exchange)}
        reports = self.assistant.reports
        questions = following_questions(reports, exchange.answer, asked, strings)
        return replace(exchange, following=tuple(questions))

    def _objection(self, question: str, strings: Strings) -> str:
        if not question:
            return strings.question_empty
        if len(question) > self.max_question_chars:
            return strings.question_too_long.format(
                length=len(question), limit=self.max_question_chars
            )
        return ""

    def _exchanges(
        self, question: str, history: Sequence[Turn], strings: Strings
    ) -> Iterator[Exchange]:
        """The exchange as its answer grows; the last one is done."""
        try:
            answer: Answer | None = None
            for answer in paced(self.assistant.stream(question, history), REFRESH_SECONDS):
                yield Exchange(question, answer)
        except AskReportError as error:
            yield Exchange(question, problem=str(error), done=True)
        except Exception:
            _logger.exception("A question could not be answered")
            yield Exchange(question, problem=strings.failed, done=True)
        else:
            whole = None if answer is None else _kept(answer)
            if whole is not None:
                self.answered(whole)
            yield Exchange(question, whole, problem="" if whole else strings.failed, done=True)


def paced(answers: Iterable[Answer], seconds: float) -> Iterator[Answer]:
    """The answers, thinned to one per `seconds`; the last one always comes."""
    latest: Answer | None = None
    shown_at = -seconds
    for answer in answers:
        latest = answer
        if time.monotonic() - shown_at >= seconds:
            yield answer
            latest = None
            shown_at = time.monotonic()
    if latest is not None:
        yield latest


def settled(conversation: Conversation) -> Conversation:
    """The conversation, with an answer that never became whole marked as stopped."""
    return tuple(
        exchange if exchange.done else replace(exchange, done=True, stopped=True)
        for exchange in conversation
    )


def _ready(strings: Strings) -> Any:
    """The question box as it is when no answer is being made."""
    return gr.update(submit_btn=strings.send, stop_btn=False)


def _kept(answer: Answer) -> Answer:
    """What a conversation keeps of an answer: of its passages only those that are shown."""
    return replace(answer, passages=answer.passages[:_NEAREST_KEPT] if answer.refused else ())


def _history(conversation: Conversation) -> list[Turn]:
    return [
        Turn(exchange.question, exchange.answer.answer)
        for exchange in conversation
        if exchange.answer is not None
    ]
