"""The chain: question and history in, answers out, as LangChain runnables.

    {"question", "history"} -> query (follow-up completed) -> found, aspects (search) -> documents
        -> Answer

The last step streams: each `Answer` is longer than the one before, the last is checked and final.
The documents leave the chain before the first words do.
"""

import time
from collections.abc import Generator, Iterator, Sequence
from dataclasses import replace
from typing import Any

from langchain_core.documents import Document
from langchain_core.runnables import Runnable, RunnableConfig, RunnableLambda, RunnablePassthrough

from askreport.answering import citations, comparison, followup, outline, quoting, refusal
from askreport.answering.phrases import REFUSAL, WRITER_FAILED, language_of
from askreport.answering.quoting import Quotes
from askreport.answering.writing import EVIDENCE_SENTENCES, Writer, renumber
from askreport.errors import ModelUnavailable
from askreport.index import Index, Unit
from askreport.retrieval import Found, Searcher, documents
from askreport.schema import Answer, Citation, Passage, Span, Timings, Turn

Inputs = dict[str, Any]


def make_chain(
    searcher: Searcher,
    *,
    k: int,
    sentences: int,
    refuse_below: float,
    writer: Writer | None = None,
) -> Runnable[Inputs, Any]:
    """The chain over one index; `.stream({"question": str, "history": [Turn]})` yields
    `Answer`s."""

    def query(inputs: Inputs) -> str:
        return _complete(inputs["question"], inputs["history"], writer)

    def found(inputs: Inputs) -> Found:
        return searcher.search(inputs["query"])

    def aspects(inputs: Inputs) -> list[Found]:
        return [searcher.search(part) for part in comparison.aspects(inputs["query"])]

    def passages(inputs: Inputs) -> list[Document]:
        return documents(searcher.index, inputs["found"], k)

    return (
        RunnablePassthrough.assign(started=RunnableLambda(lambda _: time.perf_counter()))
        | RunnablePassthrough.assign(query=RunnableLambda(query))
        | RunnablePassthrough.assign(found=RunnableLambda(found))
        | RunnablePassthrough.assign(aspects=RunnableLambda(aspects))
        | RunnablePassthrough.assign(documents=RunnableLambda(passages))
        | AnswerStep(searcher.index, sentences, refuse_below, writer)
    )


class AnswerStep(Runnable[Inputs, Answer]):
    """The step that turns what was found into an answer: refuse, quote, or have it written."""

    def __init__(
        self, index: Index, sentences: int, refuse_below: float, writer: Writer | None
    ) -> None:
        self._index = index
        self._sentences = sentences
        self._refuse_below = refuse_below
        self._writer = writer

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
        )
        answer = draft
        for answer in self._answers(draft, found, input["aspects"]):
            if answer.answer:
                yield answer
        citations.check(answer.citations, self._index.reports)
        now = time.perf_counter()
        yield replace(answer, timings=_timings(input["started"], retrieved, now))

    def _answers(self, draft: Answer, found: Found, aspects: Sequence[Found]) -> Iterator[Answer]:
        if outline.asks_for_outline(draft.question):
            units = outline.outline(self._index.reports)
            if len(units) > 1:
                yield self._quoted(replace(draft, confidence=1.0), Quotes(units, chapters=True))
                return
        named = outline.chapter_asked_about(draft.question, self._index.reports)
        if named:
            report, chapter = named
            units = outline.key_sentences(self._index, report, chapter, 2 * self._sentences)
            yield self._quoted(replace(draft, confidence=1.0), Quotes(units))
            return
        if draft.confidence < self._refuse_below:
            yield _refused(draft)
            return
        if self._writer is not None:
            try:
                written = yield from self._written(draft, found, self._writer)
            except ModelUnavailable as error:
                notice = WRITER_FAILED[language_of(draft.question)].format(reason=error)
                draft, written = replace(draft, notice=notice), False
            if written:
                return
        yield self._quoted(draft, quoting.choose(self._index, found, aspects, self._sentences))

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
        self, draft: Answer, found: Found, writer: Writer
    ) -> Generator[Answer, None, bool]:
        """Answers of the model as they grow; returns whether the last one cites anything."""
        units = quoting.choose(self._index, found, (), EVIDENCE_SENTENCES).units
        texts = [self._index.text(unit) for unit in units]
        cited = False
        for text in writer.write(draft.query, texts):
            shown, order = renumber(text)
            cited = bool(order)
            if cited:
                quotes = tuple(self._cite(n, units[old - 1]) for n, old in enumerate(order, 1))
                yield replace(draft, answer=shown, citations=quotes, mode="write")
        return cited

    def _cite(self, number: int, unit: Unit) -> Citation:
        report = self._index.reports[unit.report]
        return citations.cite(number, report, Span(unit.start, unit.end))


def _complete(question: str, history: Sequence[Turn], writer: Writer | None) -> str:
    if writer is not None and history:
        try:
            return writer.rewrite(question, history)
        except ModelUnavailable:
            return followup.complete(question, history)  # the answer step tells the reader
    return followup.complete(question, history)


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
