"""A chat model's words to an answer: sentence by sentence, verified before anybody sees it.

    tokens -> sentences with what they cite -> verified -> marked or dropped -> numbered markers

A sentence is given out when the next one has begun, so that nothing unverified is ever shown; the
price is that an answer grows by sentences and not by words.
"""

from bisect import bisect_left
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace

from askreport.answering.markers import Token
from askreport.answering.verification import Doubt
from askreport.reading.sentences import split_sentences
from askreport.schema import Span, Unsupported

Verify = Callable[[str, Sequence[str]], Doubt | None]  # a sentence and what it cites

_GROWTH = 8  # the words after the last sentence are looked at anew when they grew by an eighth
_SEMICOLONS, _COLONS = ("；", ";"), ("：", ":")
_ENDS = (*"。！？!?.…", *_SEMICOLONS)
_CLOSERS = "”’」』）)\"'"


@dataclass(frozen=True, slots=True)
class Sentence:
    """A sentence as it was written, without its markers, and the white space before it.

    `markers` are (offset in `text`, number of a given sentence), in order. Not `complete`: the
    words ended without ending it.
    """

    lead: str
    text: str
    markers: tuple[tuple[int, int], ...]
    complete: bool = True

    @property
    def cited(self) -> list[int]:
        """The sentences that it cites, each once, in order of appearance."""
        return list(dict.fromkeys(number for _, number in self.markers))


@dataclass(frozen=True, slots=True)
class Draft:
    """An answer so far. `cited[n - 1]` is the given sentence, from 1, that marker `[n]` points to.

    `dropped` counts sentences that were left out.
    """

    text: str = ""
    cited: tuple[int, ...] = ()
    unsupported: tuple[Unsupported, ...] = ()
    dropped: int = 0


def drafts(
    sentences: Iterable[Sentence], given: Sequence[str], verify: Verify, *, drop: bool
) -> Iterator[Draft]:
    """The answer after each sentence. What is not supported is marked, or left out to `drop` it.

    `given[n - 1]` is what the number n of a marker points to. Every marker of the text has its
    place in `cited` and every place its marker.
    """
    draft = Draft()
    for sentence in sentences:
        doubt = verify(sentence.text, [given[number - 1] for number in sentence.cited])
        if doubt and drop:
            draft = replace(draft, dropped=draft.dropped + 1)
        else:
            draft = _extended(draft, sentence, doubt)
        yield draft


def split(tokens: Iterable[Token]) -> Iterator[Sentence]:
    """The sentences of a text that comes in tokens, each as soon as the next one has begun.

    A marker belongs to the sentence that it follows, or to its line where it begins that line. A
    line that ends in a colon is one sentence with the next. Linear in the length of the text.
    """
    tail, looked_at = "", 0
    markers: list[tuple[int, int]] = []
    for token in tokens:
        if isinstance(token, int):
            markers.append((len(tail), token))
            continue
        tail += token
        if len(tail) - looked_at <= len(tail) // _GROWTH:
            continue
        looked_at = len(tail)
        spans = _spans(tail)
        if len(spans) > 1:
            yield from _cut(tail, spans, markers)[:-1]
            done = spans[-2].end
            markers = [
                (max(0, at - done), number)
                for at, number in markers
                if _owner(tail, spans, at) == len(spans) - 1
            ]
            tail, looked_at = tail[done:], len(tail) - done
    rest = _cut(tail, _spans(tail), markers)
    yield from rest[:-1]
    for final in rest[-1:]:
        yield replace(final, complete=final.text.rstrip(_CLOSERS).endswith(_ENDS))


def _spans(text: str) -> list[Span]:
    """Sentences; what a line announces, and what only a semicolon cut off, is one with the next."""
    spans: list[Span] = []
    for span in split_sentences(text, 0, len(text)):
        before = text[spans[-1].start : spans[-1].end].rstrip(_CLOSERS) if spans else ""
        same_line = bool(spans) and "\n" not in text[spans[-1].end : span.start]
        if before.endswith(_COLONS) or (same_line and before.endswith(_SEMICOLONS)):
            spans[-1] = Span(spans[-1].start, span.end)
        else:
            spans.append(span)
    return spans


def _cut(text: str, spans: Sequence[Span], markers: Sequence[tuple[int, int]]) -> list[Sentence]:
    owned: list[list[tuple[int, int]]] = [[] for _ in spans]
    for at, number in markers if spans else ():
        owner = _owner(text, spans, at)
        span = spans[owner]
        owned[owner].append((min(max(at, span.start), span.end) - span.start, number))
    before = [0, *(span.end for span in spans)]
    return [
        Sentence(text[end : span.start], text[span.start : span.end], tuple(dict.fromkeys(own)))
        for end, span, own in zip(before, spans, owned, strict=False)
    ]


def _owner(text: str, spans: Sequence[Span], at: int) -> int:
    """Position of the sentence that a marker at the offset `at` belongs to."""
    began = bisect_left(spans, at, key=lambda span: span.start)
    before = text[text.rfind("\n", 0, at) + 1 : at]
    line_end = text.find("\n", at)
    after = text[at:] if line_end < 0 else text[at:line_end]
    if after.strip() and not before.strip():
        return min(began, len(spans) - 1)
    return max(0, began - 1)


def _extended(draft: Draft, sentence: Sentence, doubt: Doubt | None) -> Draft:
    cited = tuple(dict.fromkeys([*draft.cited, *sentence.cited]))
    numbers = {given: number for number, given in enumerate(cited, start=1)}
    shown, done = "", 0
    for at, given in sentence.markers:
        shown += f"{sentence.text[done:at]}[{numbers[given]}]"
        done = at
    shown += sentence.text[done:]
    start = len(draft.text) + len(sentence.lead if draft.text else "")
    text = f"{draft.text}{sentence.lead if draft.text else ''}{shown}"
    unsupported = draft.unsupported
    if doubt:
        unsupported += (Unsupported(start, len(text), doubt.reason, doubt.words),)
    return replace(draft, text=text, cited=cited, unsupported=unsupported)
