"""Serve the page with everything that keeps files: python -m tests.e2e.serve_evaluation PORT FOLDER."""

import sys
import time
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path

from langchain_core.documents import Document

from askreport.errors import SettingsInvalid
from askreport.schema import Answer, Passage, Turn
from askreport.web import Bench, QuestionFile, build_page, launch
from tests.e2e.fake_assistant import REFUSAL, FakeAssistant
from tests.e2e.samples import plain_report


@dataclass(frozen=True)
class Asked(FakeAssistant):
    """Answers as a whole, with the quoted sentences as passages."""

    delay_seconds: float = 0.0

    def search(self, query: str, k: int = 10) -> list[Document]:
        return [
            Document(c.quote, metadata=asdict(c) | {"score": 1.0}) for c in self._citations(query)
        ][:k]

    def ask(self, question: str, history: Sequence[Turn] = ()) -> Answer:
        time.sleep(self.delay_seconds)
        *_, answer = self.stream(question, history)
        passages = tuple(
            Passage(c.quote, c.start, c.end, c.chapter, c.page, 1.0, c.report)
            for c in answer.citations
        )
        return replace(answer, passages=passages)


def open_variant(changes: Mapping[str, str]) -> tuple[Asked, Mapping[str, object]]:
    """`retrieval.k=99` is slow, 98 is slower, 2 forgets the winter, 0 is no setting."""
    k = changes.get("retrieval__k", "")
    if k == "0":
        raise SettingsInvalid("Setting retrieval.k: got '0'; expected 1 or more.")
    forgotten = {"冬天": Answer("冬天", REFUSAL, True, 0.1, "quote")} if k == "2" else {}
    delay = {"98": 4.0, "99": 1.0}.get(k, 0.0)
    return Asked((plain_report(),), forgotten, delay_seconds=delay), {"retrieval": dict(changes)}


if __name__ == "__main__":
    folder = Path(sys.argv[2])
    assistant = Asked((plain_report(),))
    page = build_page(
        assistant,
        examples=["新芯片", "叠衣服"],
        max_question_chars=200,
        feedback=QuestionFile(folder / "feedback.jsonl", "feedback"),
        bench=Bench(folder, open_variant),
        programs=assistant,
    )
    launch(
        page,
        host="127.0.0.1",
        port=int(sys.argv[1]),
        share=False,
        mcp="--mcp" in sys.argv,
        on_ready=print,
    )
