"""The page: the chat beside the report, as Gradio components and events.

layout.py has the components, chat.py what the events do; here they are wired. The conversation and
the report are HTML of ours (rendering.py, shelf.py) in `gr.HTML`, so that a citation can be a
labelled link and no markup of an answer is ever interpreted.
"""

import json
from collections.abc import Iterator, Sequence
from typing import Any, Final, TypeVar

import gradio as gr

from askreport.web.api import Service, add_api
from askreport.web.chat import Assistant, Chat, Conversation, Shown
from askreport.web.evaluation_tab import add_evaluation
from askreport.web.feedback_panel import wire_feedback
from askreport.web.layout import LANGUAGE_KEY, Parts, lay_out
from askreport.web.markup import clean, render
from askreport.web.offering import first_questions
from askreport.web.question_file import QuestionFile
from askreport.web.shelf import Shelf, render_outline
from askreport.web.strings import Strings, strings_for
from askreport.web.trial import Bench
from askreport.web.visits import Visits

CONCURRENT_ANSWERS: Final = 16
_ANSWERING: Final = {"concurrency_limit": CONCURRENT_ANSWERS, "concurrency_id": "ask"}
_QUICK: Final[dict[str, Any]] = {
    "queue": False,
    "show_progress": "hidden",
    "api_visibility": "private",
}
T = TypeVar("T")
Session = Conversation | None  # what Gradio has of a reader's conversation


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
    """The page of `assistant`. `examples` are questions to start with, in the reports' language.

    What readers say about answers is kept in `feedback`; without it they are not asked.
    With a `bench` the page has a view that evaluates it. `programs` answers what programs ask.
    `model` names the chat model that writes answers, if one does.
    """
    visits = Visits(lambda: assistant.reports)
    chat = Chat(assistant, max_question_chars, model, visits.note)
    shelf = Shelf(lambda: assistant.reports)
    title = " · ".join(["askreport", *(clean(report.title) for report in assistant.reports)])
    page = gr.Blocks(title=title, analytics_enabled=False, fill_height=True, fill_width=True)
    with page:
        parts = lay_out(
            chat,
            shelf,
            examples,
            with_feedback=feedback is not None,
            with_evaluation=bench is not None,
        )
        _wire_conversation(chat, parts, _wire_answers(chat, parts))
        _wire_visit(page, chat, shelf, parts, examples)
        if feedback is not None and parts.feedback is not None:
            wire_feedback(
                parts.feedback,
                parts.remembered(),
                chat.recall,
                feedback,
                lambda: assistant.reports,
            )
        if programs is not None:
            add_api(programs, max_question_chars, _ANSWERING, visits.note)
    if bench is not None:
        add_evaluation(page, bench, LANGUAGE_KEY, feedback, visits)
    return page


def _wire_visit(
    page: gr.Blocks, chat: Chat, shelf: Shelf, parts: Parts, examples: Sequence[str]
) -> None:
    """What happens when somebody comes, starts over, or wants the other language."""
    built_with = shelf.digests

    def start_over(chosen: object, request: gr.Request) -> Shown:
        _, language = chat.recall((), [], chosen, request)
        return chat.show((), strings_for(language)), (), "", []

    def greet(session: Session, kept: object, chosen: object, request: gr.Request) -> list[Any]:
        conversation, language = chat.recall(session, kept, chosen, request)
        words = _words(chat, conversation, strings_for(language), parts, examples)
        # The index may have been rebuilt, from other reports, since the server was started.
        report = gr.skip() if shelf.digests == built_with else shelf.html()
        return [*words, conversation if session is None else gr.skip(), report]

    def switch_language(
        session: Session, kept: object, chosen: object, request: gr.Request
    ) -> list[Any]:
        conversation, language = chat.recall(session, kept, chosen, request)
        strings = strings_for(strings_for(language).other_code)
        return [*_words(chat, conversation, strings, parts, examples), strings.code]

    parts.fresh.click(start_over, [parts.chosen_language], parts.answered(), **_QUICK)
    page.load(
        greet,
        parts.remembered(),
        [*parts.worded(), parts.conversation, parts.report],
        **_QUICK,
    ).then(None, js="() => askreport.ready()")
    parts.switch.click(
        switch_language, parts.remembered(), [*parts.worded(), parts.chosen_language], **_QUICK
    )


def _wire_answers(chat: Chat, parts: Parts) -> list[Any]:
    """Everything that is answered; the events, which can be cancelled."""
    asking: dict[str, Any] = {
        "outputs": parts.answered(),
        **_ANSWERING,
        "show_progress": "hidden",
    }
    remembered = parts.remembered()

    # Not `ask`: Gradio makes an endpoint of the name, and that one is for programs.
    def ask_typed(
        question: str | None, session: Session, kept: object, chosen: object, request: gr.Request
    ) -> Iterator[Shown]:
        yield from chat.respond(question, *chat.recall(session, kept, chosen, request))

    def ask_chosen(
        session: Session, kept: object, chosen: object, request: gr.Request, event: gr.EventData
    ) -> Iterator[Shown]:
        question, alone = _wanted(event, "question", ""), _wanted(event, "alone", False)
        known = chat.recall(session, kept, chosen, request)
        yield from chat.respond(question, *known, alone=alone)

    def retry(
        session: Session, kept: object, chosen: object, request: gr.Request
    ) -> Iterator[Shown]:
        yield from chat.retry(*chat.recall(session, kept, chosen, request))

    answers: list[Any] = [
        parts.box.submit(
            ask_typed,
            [parts.box, *remembered],
            api_name="chat",
            api_visibility="undocumented",  # programs have /ask
            **asking,
        ),
        parts.view.option_select(ask_chosen, remembered, api_visibility="private", **asking),
        parts.view.retry(retry, remembered, api_visibility="private", **asking),
    ]
    answers += [
        chip.click(ask_typed, [chip, *remembered], api_visibility="private", **asking)
        for chip in parts.chips
    ]
    return answers


def _wire_conversation(chat: Chat, parts: Parts, answers: list[Any]) -> None:
    """What a reader does with a conversation besides asking. `answers` are what can be stopped."""
    private: dict[str, Any] = {"show_progress": "hidden", "api_visibility": "private"}
    remembered = parts.remembered()

    def stop(session: Session, kept: object, chosen: object, request: gr.Request) -> Shown:
        return chat.stop(*chat.recall(session, kept, chosen, request))

    def edit(
        session: Session, kept: object, chosen: object, request: gr.Request, event: gr.EventData
    ) -> Shown:
        return chat.edit(*chat.recall(session, kept, chosen, request), _wanted(event, "at", 0))

    def export(
        session: Session, kept: object, chosen: object, request: gr.Request, event: gr.EventData
    ) -> str:
        known = chat.recall(session, kept, chosen, request)
        return json.dumps(chat.export(*known, _wanted(event, "form", "md")))

    parts.box.stop(stop, remembered, parts.answered(), cancels=answers, queue=False, **private)
    parts.view.edit(edit, remembered, parts.answered(), queue=False, **private)
    parts.view.download(export, remembered, [parts.download], queue=False, **private).then(
        None, [parts.download], js="(file) => askreport.save(file)"
    )


def _words(
    chat: Chat,
    conversation: Conversation,
    strings: Strings,
    parts: Parts,
    examples: Sequence[str],
) -> list[Any]:
    """Updates that put the interface into one language, in the order of `Parts.worded`."""
    offered = first_questions(chat.assistant.reports, strings, examples)
    chips = [*offered, *[""] * len(parts.chips)][: len(parts.chips)]
    return [
        render("name.html", strings=strings),
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
        *(gr.update(value=text, visible=bool(text)) for text in chips),
    ]


def _wanted(event: gr.EventData, name: str, default: T) -> T:
    """What the page sent along under `name`, if it is of the kind of `default`."""
    sent = event._data.get(name) if isinstance(event._data, dict) else None
    return sent if type(sent) is type(default) else default
