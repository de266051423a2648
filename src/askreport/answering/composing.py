"""Written answers: a chat model's reply to sentences of the report, as answers that grow.

    sentences -> model -> markers -> sentences it wrote -> verified -> answers with citations

A reply that cannot be shown is a fault with a name; the caller then quotes.
"""

from collections.abc import Callable, Generator, Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass, replace
from functools import partial

from askreport.answering import markers
from askreport.answering.drafting import Draft, drafts, split
from askreport.answering.faults import ChatModelFailed
from askreport.answering.phrases import DROPPED, TOO_LONG, language_of
from askreport.answering.verification import Embed, doubt
from askreport.answering.writing import NOT_FOUND, Reply, Writer, as_material
from askreport.schema import Answer, Citation, Usage

Cite = Callable[[int, int], Citation]  # marker and position of the sentence -> citation


@dataclass(frozen=True, slots=True)
class Writing:
    """By whom answers are written, and what becomes of sentences that nothing bears out.

    They are marked, or left out to `drop` them; `embed` is how their meaning is compared.
    """

    writer: Writer
    embed: Embed
    drop: bool = False


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a model spent, and why its reply cannot be shown, if so."""

    usage: Usage | None
    failure: ChatModelFailed | None = None


def compose(
    draft: Answer, sentences: Sequence[str], cite: Cite, writing: Writing
) -> Generator[Answer, None, Outcome]:
    """`draft` with what the model writes to its query, sentence by sentence; the last is whole.

    Answers that were given out before a failure are void. Closing the generator ends the stream.
    """
    given = [as_material(sentence) for sentence in sentences]
    usage = draft.usage
    try:
        with closing(writing.writer.write(draft.query, given)) as reply:
            try:
                yield from _answers(draft, reply, given, cite, writing)
            finally:
                usage = _together(draft.usage, reply.usage)
    except ChatModelFailed as failure:
        return Outcome(usage, failure)
    return Outcome(usage)


def _answers(
    draft: Answer, reply: Reply, given: Sequence[str], cite: Cite, writing: Writing
) -> Iterator[Answer]:
    verify = partial(doubt, embed=writing.embed)
    written = Draft()
    found = split(markers.parse(reply, len(given)))
    # Where the reply was cut for its length, so was its last sentence.
    whole = (sentence for sentence in found if sentence.complete or not reply.cut)
    for written in drafts(whole, given, verify, drop=writing.drop):
        if written.cited and not written.text.startswith(NOT_FOUND):
            yield _answer(draft, written, cite)
    if fault := _fault(written, reply):
        raise ChatModelFailed(fault, writing.writer.name)
    language = language_of(draft.question)
    notices = [TOO_LONG[language]] if reply.cut else []
    if written.dropped:
        notices.append(DROPPED[language].format(count=written.dropped))
    usage = _together(draft.usage, reply.usage)
    yield replace(_answer(draft, written, cite), notice=" ".join(notices), usage=usage)


def _answer(draft: Answer, written: Draft, cite: Cite) -> Answer:
    numbered = enumerate(written.cited, start=1)
    return replace(
        draft,
        answer=written.text,
        mode="write",
        citations=tuple(cite(number, given - 1) for number, given in numbered),
        unsupported=written.unsupported,
    )


def _fault(written: Draft, reply: Reply) -> str:
    """Why what was written is no answer; "" where it is one."""
    if written.text.startswith(NOT_FOUND):
        return "not_found"
    if written.cited:
        return ""
    if written.dropped:
        return "unsupported"
    return "uncited" if written.text or reply.cut else "empty"


def _together(first: Usage | None, second: Usage | None) -> Usage | None:
    return first + second if first and second else first or second
