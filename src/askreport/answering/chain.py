"""The chain: question and history in, answers out, as LangChain runnables.

    {"question", "history"} -> lookup (follow-up completed) -> query -> found, sides (search)
    -> documents -> Answer

The last step streams: each `Answer` is longer than the one before, the last is checked and final.
A written answer that fails half-way makes way for a quoted one. The documents leave the chain
before the first words do.
"""

import time
from collections.abc import Generator, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any

from langchain_core.documents import Document
from langchain_core.runnables import Runnable, RunnableConfig, RunnableLambda, RunnablePassthrough

from askreport.answering import citations, comparison, followup, outline, quoting, refusal
from askreport.answering.composing import Outcome, Writing, compose
from askreport.answering.faults import ChatModelFailed
from askreport.answering.phrases import QUOTED_INSTEAD, REFUSAL, language_of
from askreport.answering.quoting import Quotes, Side
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

    def sides(inputs: Inputs) -> list[Side]:
        parts = comparison.aspects(inputs["query"])
        return [
            Side((part.before + part.thing, part.thing), searcher.search(part.question))
            for part in parts
        ]

    def passages(inputs: Inputs) -> list[Document]:
        return documents(searcher.index, inputs["found"], k)

    return (
        RunnablePassthrough.assign(started=RunnableLambda(lambda _: time.perf_counter()))
        | RunnablePassthrough.assign(lookup=RunnableLambda(lookup))
        | RunnablePassthrough.assign(query=RunnableLambda(query))
        | RunnablePassthrough.assign(found=RunnableLambda(found))
        | RunnablePassthrough.assign(sides=RunnableLambda(sides))
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
        for answer in self._answers(draft, found, input["sides"], input["lookup"].failure):
            if answer.answer:
                yield answer
        citations.check(answer.citations, self._index.reports)
        now = time.perf_counter()
        yield replace(answer, timings=_timings(input["started"], retrieved, now))

    def _answers(
        self,
        draft: Answer,
        found: Found,
        sides: Sequence[Side],
        failure: ChatModelFailed | None,
    ) -> Iterator[Answer]:
        if outlined := self._outlined(draft.question):
            yield self._quoted(replace(draft, confidence=1.0), outlined)
            return
        if draft.confidence < self._refuse_below:
            yield _refused(draft)
            return
        if self._writing is not None:
            outcome = Outcome(draft.usage, failure)
            if failure is None:  # a model that failed at the question already is not asked again
                outcome = yield from self._written(draft, found, sides, self._writing)
            if outcome.failure is None:
                return
            language = language_of(draft.question)
            notice = QUOTED_INSTEAD[language].format(reason=outcome.failure.line(language))
            draft = replace(draft, notice=notice, usage=outcome.usage)
        yield self._quoted(draft, quoting.choose(self._index, found, sides, self._sentences))

    def _outlined(self, question: str) -> Quotes | None:
        """What answers a question about the whole report, or about one chapter by its name."""
        if outline.asks_for_outline(question):
            titles = outline.outline(self._index.reports)
            if len(titles) > 1:
                return Quotes(titles, chapters=True)
        if named := outline.chapter_asked_about(question, self._index.reports):
            return Quotes(outline.key_sentences(self._index, *named, 2 * self._sentences))
        return None

    def _quoted(self, draft: Answer, quotes: Quotes) -> Answer:
        if not quotes.units:
            return _refused(draft)
        language = language_of(draft.question)
        return replace(
            draft,
            answer=quoting.render(self._index, quotes, language),
            citations=tuple(
                self._cite(number, unit) for number, unit in enumerate(quotes.units, 1)
            ),
        )

    def _written(
        self, draft: Answer, found: Found, sides: Sequence[Side], writing: Writing
    ) -> Generator[Answer, None, Outcome]:
        """Answers of the model as they grow."""
        units = self._evidence(found, sides, writing.writer.max_input_chars)
        texts = [self._index.text(unit) for unit in units]
        return (
            yield from compose(
                draft, texts, lambda number, at: self._cite(number, units[at]), writing
            )
        )

    def _evidence(self, found: Found, sides: Sequence[Side], most_chars: int) -> Sequence[Unit]:
        """The sentences that a model is shown: the best that fit, in reading order."""
        for limit in range(EVIDENCE_SENTENCES, 0, -1):
            units = quoting.choose(self._index, found, sides, limit).units
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
