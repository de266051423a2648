"""The page: the chat beside the report, as Gradio components and events.

Nothing is shared between readers: a conversation lives in the `gr.State` of its session, a chosen
language in the reader's browser. The conversation and the report are HTML of ours (rendering.py) in
`gr.HTML`, so that a citation can be a labelled link and no markup of an answer is ever interpreted.
"""

import json
import logging
import time
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any, Final, Protocol, TypeVar

import gradio as gr

from askreport.answering.suggestions import next_questions
from askreport.errors import AskReportError
from askreport.schema import Answer, Report, Turn
from askreport.web.api import Service, add_api
from askreport.web.evaluation_tab import add_evaluation, link_to_evaluation
from askreport.web.feedback_panel import FeedbackPanel, lay_out_feedback, wire_feedback
from askreport.web.keeping import as_json, as_markdown, restored, stored
from askreport.web.question_file import QuestionFile
from askreport.web.rendering import (
    Exchange,
    clean,
    render_conversation,
    render_name,
    render_outline,
    render_report,
)
from askreport.web.strings import CHINESE, Strings, preferred_language, strings_for
from askreport.web.trial import Bench

CONCURRENT_ANSWERS: Final = 16
REFRESH_SECONDS: Final = 0.15  # Gradio's cost is per update, not per character

# Keys in the browser's storage, and what Gradio encrypts with there: what lies there is the
# reader's own and no secret, and a key of chance would forget it at every restart.
_LANGUAGE_KEY: Final = "askreport-language"
_CONVERSATION_KEY: Final = "askreport-conversation"
_NEAREST_KEPT: Final = 3  # places that a refusal shows
_ANSWERING: Final = {"concurrency_limit": CONCURRENT_ANSWERS, "concurrency_id": "ask"}
_PLAIN_HTML: Final[dict[str, Any]] = {"apply_default_css": False, "js_on_load": None}
# page.js tells what a reader wants of the conversation: an event of Gradio's, by name, with data.
_FORWARD: Final = "element.addEventListener('want', (e) => trigger(e.detail.do, e.detail));"

_logger = logging.getLogger(__name__)
T = TypeVar("T")

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
    """Questions in, conversation HTML out. Holds no reader's data."""

    assistant: Assistant
    max_question_chars: int
    model: str = ""

    def show(self, conversation: Conversation, strings: Strings, hint: str = "") -> str:
        """The conversation as HTML."""
        reports = self.assistant.reports
        return render_conversation(conversation, reports, strings, hint, self.model)

    def respond(
        self, question: str, conversation: Conversation, language: str, *, alone: bool = False
    ) -> Iterator[Shown]:
        """Yields the question first, then its answers as they grow.

        A question that cannot be asked stays in the box, with a line that says why. An `alone`
        question is not about the conversation that it comes after.
        """
        strings = strings_for(language)
        conversation = settled(conversation)
        question = clean(question).strip()
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
        current = (*conversation, self._with_following(exchange, conversation))
        yield self.show(current, strings), current, _ready(strings), stored(current)

    def stop(self, conversation: Conversation, language: str) -> Shown:
        """The conversation with what there is of the answer that was being made."""
        strings, conversation = strings_for(language), settled(conversation)
        return self.show(conversation, strings), conversation, _ready(strings), stored(conversation)

    def edit(self, conversation: Conversation, language: str, at: int) -> Shown:
        """The conversation up to question `at`, which goes back into the box."""
        kept, strings = settled(conversation), strings_for(language)
        if not 0 <= at < len(kept):
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

    def _with_following(self, exchange: Exchange, before: Conversation) -> Exchange:
        """The exchange with questions to go on with, which name nothing that was asked already."""
        if exchange.answer is None:
            return exchange
        asked = {earlier.question for earlier in (*before, exchange)}
        questions = next_questions(self.assistant.reports, exchange.answer, asked)
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


def build_page(
    assistant: Assistant,
    *,
    examples: Sequence[str],
    max_question_chars: int,
    feedback: QuestionFile | None = None,
    bench: Bench | None = None,
    programs: Service | None = None,
    model: str = "",
) -> gr.Blocks:
    """The page of `assistant`. `examples` are questions to start with, shown as they are.

    What readers say about answers is kept in `feedback`; without it they are not asked.
    With a `bench` the page has a view that evaluates it. `programs` answers what programs ask.
    `model` names the chat model that writes answers, if one does.
    """
    chat = Chat(assistant, max_question_chars, model)
    title = " · ".join(["askreport", *(clean(report.title) for report in assistant.reports)])
    page = gr.Blocks(title=title, analytics_enabled=False, fill_height=True, fill_width=True)
    with page:
        parts = _lay_out(
            chat,
            examples,
            with_feedback=feedback is not None,
            with_evaluation=bench is not None,
        )
        _wire(page, chat, parts)
        if feedback is not None and parts.feedback is not None:
            wire_feedback(
                parts.feedback,
                parts.conversation,
                parts.language,
                feedback,
                lambda: assistant.reports,
            )
        if programs is not None:
            add_api(programs, max_question_chars, _ANSWERING)
    if bench is not None:
        add_evaluation(page, bench, _LANGUAGE_KEY)
    return page


@dataclass(frozen=True, slots=True)
class _Parts:
    """The components that events touch."""

    conversation: gr.State
    language: gr.State
    chosen_language: gr.BrowserState
    kept: gr.BrowserState
    download: gr.JSON
    name: gr.HTML
    fresh: gr.Button
    open_report: gr.Button
    switch: gr.Button
    view: gr.HTML
    chips: Sequence[gr.Button]
    box: gr.Textbox
    outline: gr.HTML
    report: gr.HTML
    feedback: FeedbackPanel | None

    def answered(self) -> list[Any]:
        """The components that a `Shown` fills."""
        return [self.view, self.conversation, self.box, self.kept]

    def worded(self) -> list[Any]:
        """The components that `_words` fills, in its order."""
        return [
            self.name,
            self.fresh,
            self.open_report,
            self.switch,
            self.box,
            self.outline,
            self.view,
            self.language,
        ]


def _lay_out(
    chat: Chat, examples: Sequence[str], *, with_feedback: bool, with_evaluation: bool
) -> _Parts:
    strings, reports = CHINESE, chat.assistant.reports
    conversation, language = gr.State(()), gr.State(strings.code)
    chosen_language = gr.BrowserState("", storage_key=_LANGUAGE_KEY, secret=_LANGUAGE_KEY)
    kept = gr.BrowserState([], storage_key=_CONVERSATION_KEY, secret=_CONVERSATION_KEY)
    download = gr.JSON(visible=False)
    with gr.Row(elem_id="masthead"):
        name = gr.HTML(render_name(strings), elem_id="name", **_PLAIN_HTML)
        if with_evaluation:
            gr.HTML(link_to_evaluation(), elem_id="to-evaluation", **_PLAIN_HTML)
        fresh = gr.Button(strings.new_conversation, elem_id="fresh", size="sm", scale=0)
        open_report = gr.Button(strings.open_report, elem_id="open-report", size="sm", scale=0)
        switch = gr.Button(strings.switch, elem_id="switch", size="sm", scale=0)
    with gr.Row(elem_id="desk"):
        with gr.Column(elem_id="chat-side", scale=2, min_width=0):
            view = gr.HTML(
                chat.show((), strings),
                elem_id="conversation",
                apply_default_css=False,
                js_on_load=_FORWARD,
            )
            feedback = lay_out_feedback() if with_feedback else None
            with gr.Row(elem_id="examples"):
                chips = [gr.Button(text, size="sm", elem_classes="chip") for text in examples]
            box = gr.Textbox(
                label=strings.question_label,
                show_label=False,
                placeholder=strings.question_placeholder,
                elem_id="question",
                max_lines=6,
                submit_btn=strings.send,
            )
        with gr.Column(elem_id="report-side", scale=3, min_width=0):
            outline = gr.HTML(
                render_outline(reports, strings), elem_id="outline-bar", **_PLAIN_HTML
            )
            report = gr.HTML(render_report(reports), elem_id="report", **_PLAIN_HTML)
    return _Parts(
        conversation=conversation,
        language=language,
        chosen_language=chosen_language,
        kept=kept,
        download=download,
        name=name,
        fresh=fresh,
        open_report=open_report,
        switch=switch,
        view=view,
        chips=chips,
        box=box,
        outline=outline,
        report=report,
        feedback=feedback,
    )


def _wire(page: gr.Blocks, chat: Chat, parts: _Parts) -> None:
    _wire_asking(chat, parts)
    quick: dict[str, Any] = {
        "queue": False,
        "show_progress": "hidden",
        "api_visibility": "private",
    }
    context = [parts.conversation, parts.language]

    def start_over(language: str) -> Shown:
        return chat.show((), strings_for(language)), (), "", []

    built_with = _digests(chat)

    def greet(
        conversation: Conversation, chosen: str, kept: object, request: gr.Request
    ) -> list[Any]:
        accepted = request.headers.get("accept-language", "")
        strings = strings_for(chosen or preferred_language(accepted))
        back = () if conversation else restored(kept, chat.assistant.reports)
        words = _words(chat, conversation or back, strings)
        if strings is CHINESE and not back:
            # As the page was built; a question that was faster than this greeting stays.
            words[parts.worded().index(parts.view)] = gr.skip()
        # The index may have been rebuilt, from other reports, since the server was started.
        fresh = _digests(chat) == built_with
        report = gr.skip() if fresh else render_report(chat.assistant.reports)
        return [*words, back or gr.skip(), report]

    def switch_language(conversation: Conversation, language: str) -> list[Any]:
        strings = strings_for(strings_for(language).other_code)
        return [*_words(chat, conversation, strings), strings.code]

    parts.fresh.click(start_over, [parts.language], parts.answered(), **quick)
    page.load(
        greet,
        [parts.conversation, parts.chosen_language, parts.kept],
        [*parts.worded(), parts.conversation, parts.report],
        **quick,
    ).then(None, js="() => document.dispatchEvent(new Event('askreport-ready'))")
    parts.switch.click(switch_language, context, [*parts.worded(), parts.chosen_language], **quick)


def _wire_asking(chat: Chat, parts: _Parts) -> None:
    """Everything that a reader does with the conversation itself."""
    asking: dict[str, Any] = {
        "outputs": parts.answered(),
        **_ANSWERING,
        "show_progress": "hidden",
    }
    private: dict[str, Any] = {"show_progress": "hidden", "api_visibility": "private"}
    context = [parts.conversation, parts.language]

    def ask_chosen(
        conversation: Conversation, language: str, event: gr.EventData
    ) -> Iterator[Shown]:
        question, alone = _wanted(event, "question", ""), _wanted(event, "alone", False)
        yield from chat.respond(question, conversation, language, alone=alone)

    def edit(conversation: Conversation, language: str, event: gr.EventData) -> Shown:
        return chat.edit(conversation, language, _wanted(event, "at", -1))

    def export(conversation: Conversation, language: str, event: gr.EventData) -> str:
        return json.dumps(chat.export(conversation, language, _wanted(event, "form", "md")))

    answers: list[Any] = [
        parts.box.submit(
            chat.respond,
            [parts.box, *context],
            api_name="chat",
            api_visibility="undocumented",  # programs have /ask
            **asking,
        ),
        parts.view.option_select(ask_chosen, context, api_visibility="private", **asking),
        parts.view.retry(chat.retry, context, api_visibility="private", **asking),
    ]
    answers += [
        chip.click(chat.respond, [chip, *context], api_visibility="private", **asking)
        for chip in parts.chips
    ]
    parts.box.stop(chat.stop, context, parts.answered(), cancels=answers, queue=False, **private)
    parts.view.edit(edit, context, parts.answered(), queue=False, **private)
    parts.view.download(export, context, [parts.download], queue=False, **private).then(
        None, [parts.download], js="(file) => askreport.save(file)"
    )


def _words(chat: Chat, conversation: Conversation, strings: Strings) -> list[Any]:
    """Updates that put the interface into one language, in the order of `_Parts.worded`."""
    return [
        render_name(strings),
        gr.update(value=strings.new_conversation),
        gr.update(value=strings.open_report),
        gr.update(value=strings.switch),
        gr.update(
            label=strings.question_label,
            placeholder=strings.question_placeholder,
            submit_btn=strings.send,
        ),
        render_outline(chat.assistant.reports, strings),
        chat.show(conversation, strings),
        strings.code,
    ]


def _digests(chat: Chat) -> list[str]:
    return [report.source_digest for report in chat.assistant.reports]


def _wanted(event: gr.EventData, name: str, default: T) -> T:
    """What the page sent along under `name`, if it is of the kind of `default`."""
    sent = event._data.get(name) if isinstance(event._data, dict) else None
    return sent if type(sent) is type(default) else default


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
