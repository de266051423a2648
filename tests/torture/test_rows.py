"""Every row of docs/reliability.md, with its small count."""

from pathlib import Path

import pytest

from tests.torture import everything
from tests.torture.rows import CannotRun, Row, Tally


@pytest.mark.parametrize("row", everything.ROWS, ids=lambda row: row.name.replace(" ", "-"))
def test_row(row: Row, tmp_path: Path) -> None:
    tally = Tally()
    try:
        row.run(row.quick, tally, tmp_path)
    except CannotRun as reason:
        pytest.skip(f"{row.number} cannot run here: {reason}")
    assert not tally.failures, "\n".join(tally.failures)
    assert tally.tried >= row.quick
