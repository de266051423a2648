"""What stands where on the page: its components, without their events."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import gradio as gr

from askreport.web.chat import Chat
from askreport.web.evaluation_tab import link_to_evaluation
from askreport.web.feedback_panel import FeedbackPanel, lay_out_feedback
from askreport.web.markup import render
from askreport.web.offering import FIRST
from askreport.web.shelf import Shelf, render_outline
from askreport.web.strings import CHINESE

# Keys in the browser's storage, and what Gradio encrypts with there: what lies there is the
# reader's own and no secret, and a key of chance would forget it at every restart.
LANGUAGE_KEY: Final = "askreport-language"
_CONVERSATION_KEY: Final = "askreport-conversation"

_HERE: Final = Path(__file__).parent
_PLAIN_HTML: Final[dict[str, Any]] = {"apply_default_css": False, "js_on_load": None}


@dataclass(frozen=True, slots=True)
class Parts:
    """The components that events touch."""

    conversation: gr.State  # None: the session is new, or Gradio dropped it
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

    def remembered(self) -> list[Any]:
        """The components that `Chat.recall` is given, in its order."""
        return [self.conversation, self.kept, self.chosen_language]

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
            *self.chips,
        ]


def lay_out(
    chat: Chat,
    shelf: Shelf,
    examples: Sequence[str],
    *,
    with_feedback: bool,
    with_evaluation: bool,
) -> Parts:
    """Make the components of the page that is being laid out, in Chinese."""
    conversation = gr.State(None)
    chosen_language = gr.BrowserState("", storage_key=LANGUAGE_KEY, secret=LANGUAGE_KEY)
    kept = gr.BrowserState([], storage_key=_CONVERSATION_KEY, secret=_CONVERSATION_KEY)
    download = gr.JSON(visible=False)
    with gr.Row(elem_id="masthead"):
        name, fresh, open_report, switch = _masthead(with_evaluation)
    with gr.Row(elem_id="desk"):
        with gr.Column(elem_id="chat-side", scale=2, min_width=0):
            view, feedback, chips, box = _chat_side(chat, examples, with_feedback)
        with gr.Column(elem_id="report-side", scale=3, min_width=0):
            outline, report = _report_side(chat, shelf)
    return Parts(
        conversation=conversation,
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


def _masthead(with_evaluation: bool) -> tuple[gr.HTML, gr.Button, gr.Button, gr.Button]:
    """The page's name, the ways to a new conversation and to the report, the other language."""
    strings = CHINESE
    name = gr.HTML(render("name.html", strings=strings), elem_id="name", **_PLAIN_HTML)
    if with_evaluation:
        gr.HTML(link_to_evaluation(), elem_id="to-evaluation", **_PLAIN_HTML)
    fresh = gr.Button(strings.new_conversation, elem_id="fresh", size="sm", scale=0)
    open_report = gr.Button(strings.open_report, elem_id="open-report", size="sm", scale=0)
    switch = gr.Button(strings.switch, elem_id="switch", size="sm", scale=0)
    return name, fresh, open_report, switch


def _chat_side(
    chat: Chat, examples: Sequence[str], with_feedback: bool
) -> tuple[gr.HTML, FeedbackPanel | None, list[gr.Button], gr.Textbox]:
    """The conversation, the form for feedback, questions to begin with, the question box."""
    strings = CHINESE
    view = gr.HTML(
        chat.show((), strings), elem_id="conversation", **_look_and_hands("conversation")
    )
    feedback = lay_out_feedback() if with_feedback else None
    with gr.Row(elem_id="examples"):
        chips = [
            gr.Button(text, size="sm", elem_classes="chip", visible=bool(text))
            for text in [*examples, *[""] * (FIRST - len(examples))]
        ]
    box = gr.Textbox(
        label=strings.question_label,
        show_label=False,
        placeholder=strings.question_placeholder,
        elem_id="question",
        max_lines=6,
        submit_btn=strings.send,
    )
    return view, feedback, chips, box


def _report_side(chat: Chat, shelf: Shelf) -> tuple[gr.HTML, gr.HTML]:
    """The bar with contents and search, and the reports below it."""
    outline = gr.HTML(
        render_outline(chat.assistant.reports, CHINESE),
        elem_id="outline-bar",
        **_look_and_hands("outline"),
    )
    report = gr.HTML(
        shelf.html(),
        elem_id="report",
        server_functions=_served(shelf),
        **_look_and_hands("report", "paragraphs"),
    )
    return outline, report


def _served(shelf: Shelf) -> list[Callable[..., Any]]:
    """What report.js asks for. Plain functions: Gradio marks them, which no method lets it do."""

    def leaf(wanted: Any) -> str | None:
        return shelf.leaf(wanted)

    def leaf_of(wanted: Any) -> list[int] | None:
        return shelf.leaf_of(wanted)

    def find(wanted: Any) -> list[list[int]] | None:
        return shelf.find(wanted)

    return [leaf, leaf_of, find]


def _look_and_hands(name: str, *more_hands: str) -> dict[str, Any]:
    """NAME.css and NAME.js for a component of ours, in the way of Gradio's custom components."""
    scripts = [(_HERE / f"{hand}.js").read_text("utf-8") for hand in (name, *more_hands)]
    return {
        "apply_default_css": False,
        "css_template": (_HERE / f"{name}.css").read_text("utf-8"),
        "js_on_load": "\n".join(scripts),
    }
