"""The words of this project as frozen types.

Offsets are Unicode code points into `Report.text`, half-open. Pages are 1-based, `None` where the
file has none. Scores: higher is better. Every quote is a slice: `report.text[start:end] == quote`.
"""

from bisect import bisect_right
from dataclasses import asdict, dataclass, field
from typing import Any, Literal


@dataclass(frozen=True, slots=True)
class Span:
    """A half-open range of `Report.text`."""

    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Heading:
    """A heading of the report, the chapter titles included.

    `level` is 1 for a chapter and grows inwards; `start:end` is the heading's own line in the text.
    """

    title: str
    level: int
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Chapter:
    """A stretch of the report under one title. Chapters are in order and do not overlap.

    `label` is short and cited ("TOP6", or a heading path such as "Results > Costs"); `title` is
    whole.
    """

    label: str
    title: str
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Report:
    """A report as clean text with its structure.

    Paragraphs partition the text but for the white space between them; sentences partition
    paragraphs likewise. `page_starts[i]` is the offset at which page `i + 1` begins (a page without
    text begins where the next one does); empty for a file without pages. `source_digest` is the
    SHA-256 of the file.
    """

    name: str
    text: str
    title: str
    paragraphs: tuple[Span, ...]
    sentences: tuple[Span, ...]
    headings: tuple[Heading, ...]
    chapters: tuple[Chapter, ...]
    page_starts: tuple[int, ...]
    source_digest: str

    def page_at(self, offset: int) -> int | None:
        """Page that holds `offset`; `None` where the file has no pages."""
        return bisect_right(self.page_starts, offset) if self.page_starts else None

    def chapter_at(self, offset: int) -> Chapter | None:
        """Chapter that holds `offset`; `None` before the first chapter."""
        index = bisect_right(self.chapters, offset, key=lambda chapter: chapter.start) - 1
        return self.chapters[index] if index >= 0 else None


@dataclass(frozen=True, slots=True)
class Turn:
    """A question of the conversation so far and the answer that was given."""

    question: str
    answer: str


@dataclass(frozen=True, slots=True)
class Citation:
    """One quoted sentence and where it stands. `number` is its marker in the answer, from 1."""

    number: int
    quote: str
    start: int
    end: int
    chapter: str | None
    page: int | None
    report: str


@dataclass(frozen=True, slots=True)
class Passage:
    """A retrieved slice of a report. `score` ranks the passages of one question only."""

    text: str
    start: int
    end: int
    chapter: str | None
    page: int | None
    score: float
    report: str


@dataclass(frozen=True, slots=True)
class Timings:
    """Milliseconds of wall time."""

    retrieve: float = 0.0
    answer: float = 0.0
    total: float = 0.0


Reason = Literal["uncited", "number", "name", "quotation", "meaning"]


@dataclass(frozen=True, slots=True)
class Unsupported:
    """A written sentence, `start:end` of the answer's text, that its citations do not bear out.

    `reason`: it cites nothing; a number, a Latin name or a quotation in it is not in the cited
    sentences, and `words` has those; or it means something else than they do.
    """

    start: int
    end: int
    reason: Reason
    words: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Usage:
    """Tokens that a chat model read and wrote."""

    input_tokens: int
    output_tokens: int

    def __add__(self, other: "Usage") -> "Usage":
        return Usage(
            self.input_tokens + other.input_tokens, self.output_tokens + other.output_tokens
        )


@dataclass(frozen=True, slots=True)
class Answer:
    """An answer with its evidence.

    `answer` holds markers `[1]`, `[2]`; every marker has a citation and every citation a marker.
    `confidence` is the estimated probability, 0 to 1, that the report answers the question. `query`
    is the question that was looked up (a follow-up is completed from the conversation). `passages`
    are best first. `notice` tells the reader what did not go as set, such as a chat model that was
    out of reach. `unsupported` has the sentences of a written answer that their sources do not bear
    out, in order. `usage` is what a chat model spent on it, `None` where none did or told.
    """

    question: str
    answer: str
    refused: bool
    confidence: float
    mode: Literal["quote", "write"]
    citations: tuple[Citation, ...] = ()
    passages: tuple[Passage, ...] = ()
    timings: Timings = field(default_factory=Timings)
    query: str = ""
    notice: str = ""
    unsupported: tuple[Unsupported, ...] = ()
    usage: Usage | None = None

    def to_json(self, question_id: str | None = None) -> dict[str, Any]:
        """The answer as plain JSON values, in the order and words of the public format."""
        return {
            "id": question_id,
            "question": self.question,
            "query": self.query,
            "answer": self.answer,
            "refused": self.refused,
            "confidence": self.confidence,
            "mode": self.mode,
            "notice": self.notice,
            "citations": [asdict(citation) for citation in self.citations],
            "passages": [asdict(passage) for passage in self.passages],
            "timings_ms": asdict(self.timings),
            "unsupported": [asdict(sentence) for sentence in self.unsupported],
            "usage": asdict(self.usage) if self.usage else None,
        }


@dataclass(frozen=True, slots=True)
class TestQuestion:
    """A question whose right answer is known. Empty `evidence`: the right answer is a refusal.

    `evidence` holds quotes of the report, white space ignored. `answer_keys`: every list must be
    met, any string of a list meets it.
    """

    __test__ = False  # pytest would collect the class by its name

    id: str
    question: str
    lang: str
    type: str
    section: str | None
    evidence: tuple[str, ...]
    answer: str | None
    answer_keys: tuple[tuple[str, ...], ...]
    history: tuple[Turn, ...] = ()


@dataclass(frozen=True, slots=True)
class IndexInfo:
    """What `build_index` did: `built` is False where the index was fresh already."""

    directory: str
    generation: str
    reports: tuple[str, ...]
    passages: int
    sentences: int
    model: str
    built: bool
