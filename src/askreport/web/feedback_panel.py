"""The form under the conversation in which a reader says what is wrong with an answer.

Its looks and hands are feedback.css and feedback.js; what it sends is checked in feedback.py.
"""

import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Final

import gradio as gr

from askreport.errors import AskReportError
from askreport.schema import Report, Turn
from askreport.web import feedback
from askreport.web.markup import clean, render
from askreport.web.question_file import QuestionFile
from askreport.web.rendering import Exchange
from askreport.web.strings import LANGUAGES, Strings, strings_for

CONCURRENT_WRITES: Final = 4
_FORWARD: Final = (
    "element.addEventListener('feedback', (event) => trigger('submit', event.detail));"
)

_logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class FeedbackPanel:
    """The components: the form, and the line that says what became of it."""

    form: gr.HTML
    note: gr.HTML


def lay_out_feedback() -> FeedbackPanel:
    """Make the components, where they are to stand."""
    words = {"languages": list(LANGUAGES.values()), "comment_chars": feedback.COMMENT_CHARS}
    form = gr.HTML(
        render("feedback.html", **words),
        elem_id="feedback",
        apply_default_css=False,
        js_on_load=_FORWARD,
    )
    note = gr.HTML("", elem_id="feedback-note", apply_default_css=False, js_on_load=None)
    return FeedbackPanel(form, note)


def wire_feedback(
    panel: FeedbackPanel,
    remembered: Sequence[Any],
    recall: Callable[..., tuple[Sequence[Exchange], str]],
    file: QuestionFile,
    reports: Callable[[], Sequence[Report]],
) -> None:
    """Keep what is sent in `file`. `recall` makes the conversation and its language code out of the
    components that are `remembered`."""

    def receive(
        session: Any, kept: object, chosen: object, request: gr.Request, event: gr.EventData
    ) -> str:
        exchanges, code = recall(session, kept, chosen, request)
        return note_on(event._data, exchanges, strings_for(code), file, reports())

    panel.form.submit(
        receive,
        remembered,
        [panel.note],
        concurrency_limit=CONCURRENT_WRITES,
        show_progress="hidden",
        api_visibility="private",
    )


def note_on(
    sent: object,
    exchanges: Sequence[Exchange],
    strings: Strings,
    file: QuestionFile,
    reports: Sequence[Report],
) -> str:
    """Keep what the page sent about one of `exchanges`; the line for the reader, as HTML."""
    number, verdict = -1, ""
    try:
        number, question, given = feedback.from_browser(sent)
        verdict = "good" if given.verdict == "good" else "bad"
        answer = exchanges[number].answer if 0 <= number < len(exchanges) else None
        if answer is None or clean(exchanges[number].question) != question:
            raise feedback.FeedbackInvalid("unknown")
        feedback.keep(file, given, answer, _turns(exchanges[:number]), reports)
    except feedback.FeedbackInvalid as error:
        return _note(strings.feedback_problems[error.reason], number, verdict, kept=False)
    except AskReportError as error:
        _logger.warning("Feedback was not kept: %s", error)
        return _note(strings.feedback_problems["not_kept"], number, verdict, kept=False)
    return _note(strings.feedback_thanks, number, verdict, kept=True)


def _turns(exchanges: Sequence[Exchange]) -> list[Turn]:
    return [
        Turn(exchange.question, exchange.answer.answer)
        for exchange in exchanges
        if exchange.answer is not None
    ]


def _note(text: str, exchange: int, verdict: str, *, kept: bool) -> str:
    return render("feedback_note.html", text=text, exchange=exchange, verdict=verdict, kept=kept)
