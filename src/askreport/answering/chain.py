"""The chain: question and history in, answers out, as LangChain runnables.

    {"question", "history"} -> lookup (follow-up completed) -> query -> found (search) -> documents
    -> Answer

The last step streams: each `Answer` is longer than the one before, the last is checked and final.
A written answer that fails half-way makes way for a quoted one. The documents leave the chain
before the first words do.
"""

import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any

from langchain_core.documents import Document
from langchain_core.runnables import Runnable, RunnableConfig, RunnableLambda, RunnablePassthrough

from askreport.answering import citations, followup, outline, quoting, refusal
from askreport.answering.composing import Writing, compose
from askreport.answering.faults import ChatModelFailed
from askreport.answering.phrases import QUOTED_INSTEAD, REFUSAL, language_of
from askreport.index import Index, Unit
from askreport.retrieval import Found, Searcher, documents
from askreport.schema import Answer, Citation, Passage, Span, Timings, Turn, Usage

Inputs = dict[str, Any]

EVIDENCE_SENTENCES = 24  # sentences shown to a chat model, at most


@dataclass(frozen=True, slots=True)
class Lookup:
    """The question that is looked up, and what a chat model had to do with it."""

    query: str
    usage: Usage | None = None
    failure: ChatModelFailed | None = None


def make_chain(
    searcher: Searcher,
    *,
    k: int,
    sentences: int,
    refuse_below: float,
    writing: Writing | None = None,
) -> Runnable[Inputs, Any]:
    """The chain over one index; `.stream({"question": str, "history": [Turn]})` yields
    `Answer`s."""

    def lookup(inputs: Inputs) -> Lookup:
        return _complete(inputs["question"], inputs["history"], writing)

    def query(inputs: Inputs) -> str:
        found: Lookup = inputs["lookup"]
        return found.query

    def found(inputs: Inputs) -> Found:
        return searcher.search(inputs["query"])

    def passages(inputs: Inputs) -> list[Document]:
        return documents(searcher.index, inputs["found"], k)

    return (
        RunnablePassthrough.assign(started=RunnableLambda(lambda _: time.perf_counter()))
        | RunnablePassthrough.assign(lookup=RunnableLambda(lookup))
        | RunnablePassthrough.assign(query=RunnableLambda(query))
        | RunnablePassthrough.assign(found=RunnableLambda(found))
        | RunnablePassthrough.assign(documents=RunnableLambda(passages))
        | AnswerStep(searcher.index, sentences, refuse_below, writing)
    )


class AnswerStep(Runnable[Inputs, Answer]):
    """The step that turns what was found into an answer: refuse, quote, or have it written."""

    def __init__(
        self, index: Index, sentences: int, refuse_below: float, writing: Writing | None
    ) -> None:
        self._index = index
        self._sentences = sentences
        self._refuse_below = refuse_below
        self._writing = writing

    def invoke(self, input: Inputs, config: RunnableConfig | None = None, **kwargs: Any) -> Answer:
        """The final answer."""
        *_, last = self.stream(input, config, **kwargs)
        return last

    def stream(
        self, input: Inputs, config: RunnableConfig | None = None, **kwargs: Any
    ) -> Iterator[Answer]:
        """Answers that grow; the last one is final and has its timings."""
        found: Found = input["found"]
        retrieved = time.perf_counter()
        draft = Answer(
            question=input["question"],
            query=input["query"],
            answer="",
            refused=False,
            confidence=refusal.probability(self._index, found),
            mode="quote",
            passages=tuple(_passage(document) for document in input["documents"]),
            usage=input["lookup"].usage,
        )
        answer = draft
        for answer in self._answers(draft, found, input["lookup"].failure):
            if answer.answer:
                yield answer
        citations.check(answer.citations, self._index.reports)
        now = time.perf_counter()
        yield replace(answer, timings=_timings(input["started"], retrieved, now))

    def _answers(
        self, draft: Answer, found: Found, failure: ChatModelFailed | None
    ) -> Iterator[Answer]:
        if outline.asks_for_outline(draft.question):
            units = outline.outline(self._index.reports)
            if len(units) > 1:
                yield self._quoted(replace(draft, confidence=1.0), units, whole=True)
                return
        named = outline.chapter_asked_about(draft.question, self._index.reports)
        if named:
            report, chapter = named
            units = outline.key_sentences(self._index, report, chapter, 2 * self._sentences)
            yield self._quoted(replace(draft, confidence=1.0), units)
            return
        if draft.confidence < self._refuse_below:
            yield _refused(draft)
            return
        if self._writing is not None:
            if failure is None:  # a model that failed at the question already is not asked again
                units = self._evidence(found, self._writing.writer.max_input_chars)
                outcome = yield from compose(
                    draft,
                    [self._index.text(unit) for unit in units],
                    lambda number, position: self._cite(number, units[position]),
                    self._writing,
                )
                draft, failure = replace(draft, usage=outcome.usage), outcome.failure
                if failure is None:
                    return
            language = language_of(draft.question)
            notice = QUOTED_INSTEAD[language].format(reason=failure.line(language))
            draft = replace(draft, notice=notice)
        yield self._quoted(draft, quoting.choose(self._index, found, self._sentences))

    def _quoted(self, draft: Answer, units: Sequence[Unit], *, whole: bool = False) -> Answer:
        if not units:
            return _refused(draft)
        language = language_of(draft.question)
        return replace(
            draft,
            answer=quoting.render(self._index, units, language, whole=whole),
            citations=tuple(self._cite(number, unit) for number, unit in enumerate(units, 1)),
        )

    def _evidence(self, found: Found, most_chars: int) -> list[Unit]:
        """The sentences that a model is shown: the best that fit, in reading order."""
        for limit in range(EVIDENCE_SENTENCES, 0, -1):
            units = quoting.choose(self._index, found, limit)
            if sum(unit.end - unit.start for unit in units) <= most_chars:
                break
        return units

    def _cite(self, number: int, unit: Unit) -> Citation:
        report = self._index.reports[unit.report]
        return citations.cite(number, report, Span(unit.start, unit.end))


def _complete(question: str, history: Sequence[Turn], writing: Writing | None) -> Lookup:
    by_rule = followup.complete(question, history)
    if writing is None or not history:
        return Lookup(by_rule)
    try:
        rewritten = writing.writer.rewrite(question, history)
    except ChatModelFailed as error:
        return Lookup(by_rule, failure=error)  # the answer step tells the reader
    return Lookup(rewritten.question or by_rule, rewritten.usage)


def _refused(draft: Answer) -> Answer:
    return replace(draft, answer=REFUSAL[language_of(draft.question)], refused=True, citations=())


def _passage(document: Document) -> Passage:
    return Passage(text=document.page_content, **document.metadata)


def _timings(started: float, retrieved: float, now: float) -> Timings:
    return Timings(
        retrieve=round((retrieved - started) * 1000, 2),
        answer=round((now - retrieved) * 1000, 2),
        total=round((now - started) * 1000, 2),
    )
