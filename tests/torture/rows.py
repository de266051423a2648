"""A row: a bar, how often it is tried, and the function that tries it and counts the failures."""

import traceback
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path


class CannotRun(Exception):
    """A row that this machine cannot run; the text says why."""


@dataclass
class Tally:
    """What a row has tried so far. `figures` are measured values worth telling."""

    advance: Callable[[int], None] = lambda count: None
    tried: int = 0
    failures: list[str] = field(default_factory=list)
    figures: dict[str, str] = field(default_factory=dict)

    def check(self, good: bool, what: str) -> None:
        """Count one try, which failed unless `good`."""
        self.tried += 1
        if not good:
            self.failures.append(what)
        self.advance(1)

    @contextmanager
    def attempt(self, what: str) -> Iterator[None]:
        """Count the block as one try; any error in it is a failure, and the row goes on."""
        try:
            yield
        except CannotRun:
            raise
        except Exception as error:  # noqa: BLE001  whatever happened, it is counted
            place = traceback.extract_tb(error.__traceback__)[-1]
            where = f"{Path(place.filename).name}:{place.lineno}"
            self.check(False, f"{what}: {type(error).__name__} at {where}: {str(error)[:300]}")
        else:
            self.check(True, what)


@dataclass(frozen=True)
class Row:
    """A row of the table. `run(count, tally, folder)` tries it; `folder` is empty and its own."""

    number: str
    bar: str
    quick: int
    full: int
    run: Callable[[int, Tally, Path], None]

    @property
    def name(self) -> str:
        """The number and what is tried."""
        return f"{self.number} {self.run.__name__.replace('_', ' ')}"


ROWS: list[Row] = []


def row(
    number: str, bar: str, *, quick: int, full: int
) -> Callable[[Callable[[int, Tally, Path], None]], Callable[[int, Tally, Path], None]]:
    """Make a function a row, tried `quick` times by the test suite and `full` times at large."""

    def register(run: Callable[[int, Tally, Path], None]) -> Callable[[int, Tally, Path], None]:
        ROWS.append(Row(number, bar, quick, full, run))
        return run

    return register


def percentile(values: list[float], share: float) -> float:
    """The value below which `share` of `values` lie; 0 for none."""
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(share * len(ordered)))] if ordered else 0.0
