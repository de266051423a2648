"""Shared fixtures: the index of the real report, built once."""

from pathlib import Path

import pytest
from hypothesis import settings

from askreport import Assistant, build_index, open_assistant

settings.register_profile("askreport", deadline=None)  # a busy machine is no fault
settings.load_profile("askreport")

REPOSITORY = Path(__file__).parents[1]
REPORT = REPOSITORY / "reports" / "it-trends-2024.txt"


@pytest.fixture(scope="session")
def report_index(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Folder of an index of the report."""
    folder = tmp_path_factory.mktemp("index")
    build_index([REPORT], folder)
    return folder


@pytest.fixture(scope="session")
def assistant(report_index: Path) -> Assistant:
    """An assistant over the report, with default settings."""
    return open_assistant(report_index)
