"""What the page offers to programs: two named endpoints with typed answers, and the same over MCP.

    from gradio_client import Client
    Client("http://127.0.0.1:7860/").predict("...", api_name="/ask")

Everything that comes in is checked here: a server must not trust that a client read the types.
"""

import logging
from collections.abc import Callable, Sequence
from importlib.util import find_spec
from typing import Any, Final, Protocol, TypedDict, TypeVar

from gradio.events import api as add_endpoint
from gradio.exceptions import Error

from askreport.errors import AskReportError, ModelUnavailable, QuestionInvalid
from askreport.schema import Answer, Report, Turn
from askreport.web.markup import clean

MCP_PATH: Final = "gradio_api/mcp/"
MOST_PASSAGES: Final = 100
MOST_TURNS: Final = 20
TURN_CHARS: Final = 20_000
T = TypeVar("T")
_logger = logging.getLogger(__name__)
PASSAGE_FIELDS: Final = ("start", "end", "chapter", "page", "score", "report")


class HistoryTurn(TypedDict):
    """A question of the conversation so far and its answer."""

    q: str
    a: str


class FoundPassage(TypedDict):
    """A passage of a report; offsets are code points of the report's text."""

    text: str
    start: int
    end: int
    chapter: str | None
    page: int | None
    score: float
    report: str


class Service(Protocol):
    """Whoever answers programs."""

    @property
    def reports(self) -> tuple[Report, ...]: ...

    def ask(self, question: str, history: Sequence[Turn] = ()) -> Answer: ...

    def search(self, query: str, k: int = 10) -> Sequence[Any]:
        """LangChain documents, best first."""


def add_api(
    service: Service,
    max_question_chars: int,
    concurrency: dict[str, Any],
    answered: Callable[[Answer], None],
) -> None:
    """Add the endpoints `/ask` and `/search` to the page that is being laid out.

    `concurrency` is what the chat's own event has, so that programs and readers share one limit.
    `answered` gets each answer.
    """

    def ask_report(question: str, history: list[HistoryTurn] = []) -> dict[str, Any]:  # noqa: B006
        """Answer a question from the report alone, with citations, or refuse.

        Args:
            question: The question, in Chinese or English.
            history: The conversation so far, oldest first, each turn as {"q": ..., "a": ...}.

        Returns:
            The answer with markers such as [1], whether it was refused, how sure it is, and for
            every marker the quoted sentence with its chapter, page and offsets in the report.
        """
        answer = _told(lambda: _ask(service, question, history, max_question_chars))
        answered(answer)
        return answer.to_json()

    def search_report(query: str, k: int = 10) -> list[FoundPassage]:
        """Find the passages of the report that fit a query best, best first.

        Args:
            query: What to look for, in Chinese or English.
            k: How many passages, 1 to 100.

        Returns:
            The passages with their text, chapter, page and offsets in the report.
        """
        return _told(lambda: _search(service, query, k, max_question_chars))

    add_endpoint(ask_report, api_name="ask", **concurrency)
    add_endpoint(search_report, api_name="search", **concurrency)


def require_mcp() -> None:
    """Raise `ModelUnavailable` where the packages of the MCP server are not installed."""
    if find_spec("mcp") is None:
        raise ModelUnavailable(
            "The MCP server needs a package that is not installed; install it with:"
            " pip install 'askreport[mcp]'"
        )


def _ask(service: Service, question: object, history: object, max_question_chars: int) -> Answer:
    plain = _question(question, max_question_chars)
    return service.ask(plain, _turns(history))


def _search(
    service: Service, query: object, k: object, max_question_chars: int
) -> list[FoundPassage]:
    plain = _question(query, max_question_chars)
    if isinstance(k, bool) or not isinstance(k, int) or not 1 <= k <= MOST_PASSAGES:
        raise QuestionInvalid(f"k is {k!r:.40}; expected a whole number, 1 to {MOST_PASSAGES}.")
    return [_passage(document) for document in service.search(plain, k)]


def _passage(document: Any) -> FoundPassage:
    fields = {name: document.metadata[name] for name in PASSAGE_FIELDS}
    return {"text": document.page_content, **fields}  # type: ignore[typeddict-item]


def _question(value: object, most: int) -> str:
    if not isinstance(value, str) or not value.strip():
        raise QuestionInvalid("The question is empty or no text; send a question.")
    if len(value) > most:
        raise QuestionInvalid(
            f"The question has {len(value)} characters, the most is {most}; ask a shorter one."
        )
    return clean(value).strip()


def _turns(value: object) -> list[Turn]:
    turns = [] if value is None else value
    if not isinstance(turns, list) or len(turns) > MOST_TURNS:
        raise QuestionInvalid(f"history: expected a list of at most {MOST_TURNS} turns.")
    return [_turn(turn) for turn in turns]


def _turn(value: object) -> Turn:
    fields = value if isinstance(value, dict) else {}
    question, answer = fields.get("q"), fields.get("a")
    if not isinstance(question, str) or not isinstance(answer, str):
        raise QuestionInvalid('history: expected turns like {"q": question, "a": answer}.')
    if len(question) + len(answer) > TURN_CHARS:
        raise QuestionInvalid(f"history: a turn is longer than {TURN_CHARS} characters.")
    return Turn(clean(question), clean(answer))


def _told(answer: Callable[[], T]) -> T:
    """What `answer` gives; our own errors reach the program as one line, others as no detail."""
    try:
        return answer()
    except AskReportError as error:
        raise Error(str(error), print_exception=False) from error
    except Exception as error:
        _logger.exception("A program could not be answered")  # Gradio would print the message too
        raise Error("The question could not be answered.", print_exception=False) from error
