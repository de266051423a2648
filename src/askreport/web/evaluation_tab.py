"""The view in which the owner of the service measures it: /evaluation, beside the chat.

evaluation_results.py shows what came out; evaluation.css gives both the look of the page.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Final

import gradio as gr

from askreport.errors import AskReportError
from askreport.schema import TestQuestion
from askreport.web.evaluation_results import results_html
from askreport.web.markup import render
from askreport.web.question_file import QuestionFile
from askreport.web.strings import CHINESE, ENGLISH, Strings, spoken, strings_for
from askreport.web.trial import Bench, Busy, Outcome
from askreport.web.visits import Visits

PATH: Final = "evaluation"
CONCURRENT_WAITERS: Final = 4
TICK_SECONDS: Final = 0.5
FIRST_SET: Final = "questions.jsonl"
SUGGESTED: Final = "suggested.jsonl"

_HTML: Final[dict[str, Any]] = {"apply_default_css": False, "js_on_load": None}
_QUICK: Final[dict[str, Any]] = {
    "queue": False,
    "show_progress": "hidden",
    "api_visibility": "private",
}


@dataclass(frozen=True, slots=True)
class _Parts:
    chosen_language: gr.BrowserState
    name: gr.HTML
    switch: gr.Button
    sets: gr.CheckboxGroup
    first: gr.Textbox
    second: gr.Textbox
    run: gr.Button
    cancel: gr.Button
    status: gr.HTML
    results: gr.HTML
    candidate: gr.Textbox
    card: gr.HTML
    accept: gr.Button
    reject: gr.Button

    def worded(self) -> list[Any]:
        """The components that `_words` fills, in its order."""
        return [
            self.name,
            self.switch,
            self.sets,
            self.first,
            self.second,
            self.run,
            self.cancel,
            *self.review(),
        ]

    def review(self) -> list[Any]:
        """The components that `_review` fills, in its order."""
        return [self.candidate, self.card, self.accept, self.reject]


def link_to_evaluation() -> str:
    """The way from the chat to this view, as HTML in both languages; CSS shows one."""
    return render("evaluation_link.html", languages=(CHINESE, ENGLISH), path=PATH)


def add_evaluation(
    page: gr.Blocks,
    bench: Bench,
    storage_key: str,
    feedback: QuestionFile | None = None,
    visits: Visits | None = None,
) -> None:
    """Add the view to `page`, outside its context. The chosen language is at `storage_key`.

    `feedback` holds the questions that readers rated, the only real ones that are kept; `visits`
    has counts of the others.
    """
    with page.route("Evaluation", PATH, show_in_navbar=False):
        parts = _lay_out(storage_key)
        _wire(page, bench, parts, feedback, visits)


def _lay_out(storage_key: str) -> _Parts:
    words = CHINESE.evaluation
    candidate = gr.Textbox("", visible=False)  # the page's, for a session can be dropped
    chosen_language = gr.BrowserState("", storage_key=storage_key, secret=storage_key)
    with gr.Row(elem_id="evaluation-masthead"):
        name = gr.HTML(_name(CHINESE), elem_id="evaluation-name", **_HTML)
        switch = gr.Button(CHINESE.switch, elem_id="switch", size="sm", scale=0)
    with gr.Column(elem_id="evaluation"):
        sets = gr.CheckboxGroup([], label=words["sets"], elem_id="sets")
        with gr.Row(elem_id="variants"):
            first = gr.Textbox(label=words["first"], placeholder="retrieval.k=10", lines=2)
            second = gr.Textbox(label=words["second"], placeholder="retrieval.k=5", lines=2)
        with gr.Row(elem_id="run-row"):
            run = gr.Button(words["run"], variant="primary", elem_id="run", scale=0)
            cancel = gr.Button(words["cancel"], elem_id="cancel-run", scale=0, interactive=False)
        status = gr.HTML("", elem_id="run-status", **_HTML)
        results = gr.HTML("", elem_id="results", **_HTML)
        card = gr.HTML("", elem_id="candidate", **_HTML)
        with gr.Row(elem_id="review-row"):
            accept = gr.Button(words["accept"], elem_id="accept", scale=0, visible=False)
            reject = gr.Button(words["reject"], elem_id="reject", scale=0, visible=False)
    return _Parts(
        chosen_language=chosen_language,
        name=name,
        switch=switch,
        sets=sets,
        first=first,
        second=second,
        run=run,
        cancel=cancel,
        status=status,
        results=results,
        candidate=candidate,
        card=card,
        accept=accept,
        reject=reject,
    )


def _wire(
    page: gr.Blocks,
    bench: Bench,
    parts: _Parts,
    feedback: QuestionFile | None,
    visits: Visits | None,
) -> None:
    suggested = QuestionFile(bench.folder / SUGGESTED, "suggested")

    def greet(chosen: object, request: gr.Request) -> list[Any]:
        strings = _spoken(chosen, request)
        names = bench.sets()
        first = [name for name in names if name == FIRST_SET] or list(names)[:1]
        return _words(bench, suggested, strings, value=first)

    def switch_language(chosen: object, names: list[str], request: gr.Request) -> list[Any]:
        strings = strings_for(_spoken(chosen, request).other_code)
        return [*_words(bench, suggested, strings, value=names), strings.code]

    def run(
        names: list[str], first: str, second: str, chosen: object, request: gr.Request
    ) -> Iterator[tuple[Any, ...]]:
        strings, owner = _spoken(chosen, request), str(request.session_hash)
        for status, outcome, *buttons in _run(bench, names, first, second, strings, owner):
            results = outcome
            if isinstance(outcome, Outcome):
                results = results_html(outcome, strings, _rated(feedback), visits)
            yield status, results, *buttons

    page.load(greet, [parts.chosen_language], parts.worded(), **_QUICK)
    parts.switch.click(
        switch_language,
        [parts.chosen_language, parts.sets],
        [*parts.worded(), parts.chosen_language],
        preprocess=False,
        **_QUICK,
    )
    parts.run.click(
        run,
        [parts.sets, parts.first, parts.second, parts.chosen_language],
        [parts.status, parts.results, parts.run, parts.cancel],
        # Gradio would compare the sets with those it told this session of; `Bench` knows them all.
        preprocess=False,
        concurrency_limit=CONCURRENT_WAITERS,
        show_progress="hidden",
        api_visibility="private",
    )

    def cancel(request: gr.Request) -> None:
        bench.cancel(str(request.session_hash))

    parts.cancel.click(cancel, [], [], **_QUICK)
    _wire_review(parts, suggested, QuestionFile(bench.folder / FIRST_SET, "accepted"))


def _wire_review(parts: _Parts, suggested: QuestionFile, accepted: QuestionFile) -> None:
    """What happens when a suggested question is accepted or rejected."""

    def decide(id_: str, chosen: object, request: gr.Request, *, keep: bool) -> list[Any]:
        strings = _spoken(chosen, request)
        try:
            candidate = next((one for one in suggested.read() if one.id == id_), None)
            if candidate is not None and keep:
                accepted.put(candidate)
            suggested.take(id_)
        except AskReportError as error:
            return [id_, _problem(str(error)), gr.skip(), gr.skip()]
        return _review(suggested, strings)

    def accept(id_: str, chosen: object, request: gr.Request) -> list[Any]:
        return decide(id_, chosen, request, keep=True)

    def reject(id_: str, chosen: object, request: gr.Request) -> list[Any]:
        return decide(id_, chosen, request, keep=False)

    decided = [parts.candidate, parts.chosen_language]
    parts.accept.click(accept, decided, parts.review(), **_QUICK)
    parts.reject.click(reject, decided, parts.review(), **_QUICK)


def _run(
    bench: Bench,
    names: list[str],
    first: str,
    second: str,
    strings: Strings,
    owner: str,
) -> Iterator[tuple[Any, ...]]:
    """Yields (status, outcome, run button, cancel button) until the evaluation has ended.

    Gradio closes this generator when the reader closes the page; the evaluation ends then, too.
    """
    try:
        trial = bench.start(names, first, second, owner)
    except Busy:
        yield _problem(strings.evaluation["busy"]), gr.skip(), gr.skip(), gr.skip()
        return
    except AskReportError as error:
        yield _problem(str(error)), gr.skip(), gr.skip(), gr.skip()
        return
    off, on = gr.update(interactive=False), gr.update(interactive=True)
    try:
        yield _progress(strings, 0, trial.total), "", off, on
        while not trial.wait(TICK_SECONDS):
            yield _progress(strings, trial.done, trial.total), gr.skip(), gr.skip(), gr.skip()
    finally:
        trial.cancel()
    if trial.outcome is not None:
        yield _note(strings.evaluation["done"]), trial.outcome, on, off
    elif trial.problem:
        yield _problem(trial.problem), "", on, off
    else:
        yield _note(strings.evaluation["cancelled"]), "", on, off


def _rated(feedback: QuestionFile | None) -> tuple[TestQuestion, ...]:
    """Questions that readers rated; none where they cannot be read, which the sets tell already."""
    try:
        return feedback.read() if feedback is not None else ()
    except AskReportError:
        return ()


def _words(bench: Bench, suggested: QuestionFile, strings: Strings, value: list[str]) -> list[Any]:
    """Updates that put the view into one language, in the order of `_Parts.worded`."""
    words = strings.evaluation
    choices = [
        (words["set"].format(name=name, count=count), name) for name, count in bench.sets().items()
    ]
    return [
        _name(strings),
        gr.update(value=strings.switch),
        gr.update(label=words["sets"], choices=choices, value=value),
        gr.update(label=words["first"]),
        gr.update(label=words["second"]),
        gr.update(value=words["run"]),
        gr.update(value=words["cancel"]),
        *_review(suggested, strings),
    ]


def _review(suggested: QuestionFile, strings: Strings) -> list[Any]:
    """The next suggested question: its id, its card, and the two buttons."""
    words = strings.evaluation
    try:
        waiting = suggested.read()
    except AskReportError as error:
        hidden = gr.update(visible=False)
        return ["", _problem(str(error)), hidden, hidden]
    shown: TestQuestion | None = waiting[0] if waiting else None
    card = render("evaluation_candidate.html", words=words, question=shown, count=len(waiting))
    return [
        shown.id if shown else "",
        card,
        gr.update(value=words["accept"], visible=shown is not None),
        gr.update(value=words["reject"], visible=shown is not None),
    ]


def _spoken(chosen: object, request: gr.Request) -> Strings:
    return spoken(chosen, request.headers.get("accept-language", ""))


def _name(strings: Strings) -> str:
    return render("evaluation_name.html", strings=strings)


def _progress(strings: Strings, done: int, total: int) -> str:
    text = strings.evaluation["running"].format(done=done, total=total)
    return render("evaluation_progress.html", text=text, done=done, total=total)


def _note(text: str) -> str:
    return render("evaluation_note.html", text=text, kind="note")


def _problem(text: str) -> str:
    return render("evaluation_note.html", text=text, kind="problem")
