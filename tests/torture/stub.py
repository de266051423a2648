"""An assistant that answers at once what the rows ask of it; a fake, as that of tests/e2e is.

echo TOKEN   nine growing answers, 10 ms apart; the last one holds the token
hold TOKEN   grows until its reader is gone, or `HOLD_SECONDS` are over
held         how many of those were begun and how many have ended
slow         keeps silent for `HOLD_SECONDS`
crash, fail  a defect whose message holds the question; an error of ours
payload N    answer N of `payloads`, with a citation of the report
"""

import threading
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from askreport.errors import ModelUnavailable
from askreport.schema import Answer, Report, Turn
from tests.e2e.fake_assistant import cite

HOLD_SECONDS = 30.0
STEPS = 9


@dataclass
class Counts:
    """Held answers: begun and ended."""

    begun: int = 0
    ended: int = 0
    lock: threading.Lock = field(default_factory=threading.Lock)


@dataclass(frozen=True)
class StubAssistant:
    """Answers the words above; every citation is the first sentence of the report."""

    reports: tuple[Report, ...]
    payloads: Sequence[str] = ()
    counts: Counts = field(default_factory=Counts)

    def stream(self, question: str, history: Sequence[Turn] = ()) -> Iterator[Answer]:
        """Answers that grow; the last is whole."""
        word, _, rest = question.partition(" ")
        if word == "hold":
            yield from self._hold(rest)
        elif word == "held":
            yield _answer(question, f"{self.counts.begun} {self.counts.ended}")
        elif word == "slow":
            time.sleep(HOLD_SECONDS)
        elif word == "crash":
            raise RuntimeError(f"a defect at {question}")
        elif word == "fail":
            raise ModelUnavailable("The chat model cannot be reached.")
        elif word == "payload":
            report = self.reports[0]
            citation = cite(report, report.sentences[int(rest) % len(report.sentences)], 1)
            yield Answer(
                question, f"{self.payloads[int(rest)]} [1]", False, 0.9, "write", (citation,)
            )
        else:
            for step in range(STEPS):
                time.sleep(0.01)
                yield _answer(question, f"{rest} {'…' * step}")
            yield _answer(question, f"answer to {rest}")

    def ask(self, question: str, history: Sequence[Turn] = ()) -> Answer:
        """The last of `stream`."""
        *_, last = self.stream(question, history)
        return last

    def search(self, query: str, k: int = 10) -> Sequence[object]:
        """Nothing."""
        return ()

    def _hold(self, token: str) -> Iterator[Answer]:
        with self.counts.lock:
            self.counts.begun += 1
        try:
            for step in range(int(HOLD_SECONDS / 0.2)):
                yield _answer(f"hold {token}", f"{token} {step}")
                time.sleep(0.2)
        finally:
            with self.counts.lock:
                self.counts.ended += 1


def _answer(question: str, text: str) -> Answer:
    return Answer(question, text, False, 0.9, "quote", query=question)
