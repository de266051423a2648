"""One evaluation at a time, in a thread of its own, that anybody may wait for and its owner end.

The questions are asked of an assistant that is opened as the chat's is, with some settings changed.
"""

import logging
import threading
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from askreport.errors import AskReportError, QuestionsUnreadable, SettingsInvalid
from askreport.evaluation.comparison import Comparison, compare
from askreport.evaluation.questions import read_questions
from askreport.evaluation.runs import Assistant, EvalResult, evaluate
from askreport.schema import Report, TestQuestion

# What a visitor may change: nothing that names a file, an address, or somebody's account.
SECTIONS: Final = ("retrieval", "answer")
CHANGES_CHARS: Final = 500

_logger = logging.getLogger(__name__)

Changes = Mapping[str, str]
OpenVariant = Callable[[Changes], tuple[Assistant, Mapping[str, object]]]


class Busy(AskReportError):
    """Another evaluation is running."""


class _CancelledError(Exception):
    """The owner ended the evaluation."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """Results of A and, where a second setting was given, of B; `comparison` is B against A."""

    reports: tuple[Report, ...]
    first: EvalResult
    second: EvalResult | None = None
    comparison: Comparison | None = None


class Trial:
    """An evaluation that is running or has ended; `done` of `total` questions are answered."""

    def __init__(self, owner: str) -> None:
        self.owner = owner
        self.done = 0
        self.total = 0
        self.outcome: Outcome | None = None
        self.problem = ""
        self._cancelled = threading.Event()
        self._ended = threading.Event()

    def cancel(self) -> None:
        """End it after the question that is being answered."""
        self._cancelled.set()

    @property
    def cancelled(self) -> bool:
        """Whether it was ended before its end."""
        return self._cancelled.is_set() and self.outcome is None

    def wait(self, seconds: float) -> bool:
        """Whether it has ended, after at most `seconds`."""
        return self._ended.wait(seconds)

    def step(self) -> None:
        """One more question is answered."""
        self.done += 1
        if self._cancelled.is_set():
            raise _CancelledError

    def end(self) -> None:
        """Tell all who wait."""
        self._ended.set()


class Bench:
    """Where evaluations are run. `folder` holds the question sets, as JSON Lines."""

    def __init__(self, folder: Path, open_variant: OpenVariant, commit: str = "") -> None:
        self.folder = folder
        self._open_variant = open_variant
        self._commit = commit
        self._guard = threading.Lock()
        self._running: Trial | None = None

    def sets(self) -> dict[str, int]:
        """Name -> number of questions of every set that can be read, by name."""
        found: dict[str, int] = {}
        for path in sorted(self.folder.glob("*.jsonl")):
            try:
                found[path.name] = len(read_questions(path))
            except QuestionsUnreadable as error:
                _logger.warning("Not offered for evaluation: %s", error)
        return found

    def start(self, names: Sequence[str], first: str, second: str, owner: str) -> Trial:
        """Begin to ask the questions of the sets. `first`, `second`: settings; blank: as they are.

        Without `second` one run is made. Raises `Busy`, `SettingsInvalid`, `QuestionsUnreadable`
        or what opening an assistant raises, before anything runs.
        """
        changes = [parse_changes(first)]
        if second.strip():
            changes.append(parse_changes(second))
        questions = self._questions(names)
        trial = Trial(owner)
        with self._guard:
            if self._running is not None:
                raise Busy("Another evaluation is running; wait until it is done.")
            self._running = trial
        try:
            variants = [self._open_variant(change) for change in changes]
        except BaseException:
            self._free()
            raise
        trial.total = len(questions) * len(variants)
        work = threading.Thread(
            target=self._work, args=(trial, variants, questions), name="evaluation", daemon=True
        )
        work.start()
        return trial

    def cancel(self, owner: str) -> None:
        """End the running evaluation if it is `owner`'s."""
        with self._guard:
            if self._running is not None and self._running.owner == owner:
                self._running.cancel()

    def _questions(self, names: Sequence[str]) -> tuple[TestQuestion, ...]:
        offered = self.sets()
        unknown = [name for name in names if name not in offered]
        if unknown or not names:
            raise QuestionsUnreadable(
                f"No question set {', '.join(unknown) or 'was chosen'}; there are:"
                f" {', '.join(offered) or 'none'}."
            )
        rows = [row for name in names for row in read_questions(self.folder / name)]
        return tuple({(row.id, row.question): row for row in rows}.values())

    def _work(
        self,
        trial: Trial,
        variants: Sequence[tuple[Assistant, Mapping[str, object]]],
        questions: Sequence[TestQuestion],
    ) -> None:
        try:
            results = [
                evaluate(assistant, questions, settings, self._commit, lambda *_: trial.step())
                for assistant, settings in variants
            ]
            trial.outcome = _outcome(variants[0][0].reports, results)
        except _CancelledError:
            pass  # `trial.cancelled` says so
        except AskReportError as error:
            trial.problem = str(error)
        except Exception as error:
            _logger.exception("An evaluation failed")
            trial.problem = f"{type(error).__name__}: see the server's log."
        finally:
            self._free()
            trial.end()

    def _free(self) -> None:
        with self._guard:
            self._running = None


def parse_changes(text: str) -> dict[str, str]:
    """Overrides such as "retrieval.k=8 answer.sentences=2" as {"retrieval__k": "8", ...}.

    They stand on lines of their own or with white space between. Raises `SettingsInvalid` for what
    is no KEY=VALUE or changes more than how questions are looked up and answered.
    """
    if len(text) > CHANGES_CHARS:
        raise SettingsInvalid(f"The settings are longer than {CHANGES_CHARS} characters.")
    changes: dict[str, str] = {}
    for item in text.split():
        key, separator, value = item.partition("=")
        section, dot, name = key.partition(".")
        if not separator or not dot or not name or not value:
            raise SettingsInvalid(
                f"Setting {item!r} is not understood; expected KEY=VALUE, such as retrieval.k=8."
            )
        if section not in SECTIONS:
            raise SettingsInvalid(
                f"Setting {key!r} cannot be tried here, only those of"
                f" {' and '.join(SECTIONS)}; for others: askreport eval --set {item}"
            )
        changes[f"{section}__{name}"] = value
    return changes


def _outcome(reports: tuple[Report, ...], results: Sequence[EvalResult]) -> Outcome:
    if len(results) == 1:
        return Outcome(reports, results[0])
    first, second = results
    return Outcome(reports, first, second, compare(second, first))
