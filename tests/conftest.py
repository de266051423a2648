"""Shared fixtures: the index of the real report, built once."""

from pathlib import Path

import pytest
from hypothesis import settings

from askreport import Assistant
from tests.torture import shared

settings.register_profile("askreport", deadline=None)  # a busy machine is no fault
settings.load_profile("askreport")

REPOSITORY = shared.ROOT
REPORT = shared.REPORT


@pytest.fixture(scope="session")
def report_index() -> Path:
    """Folder of an index of the report."""
    return shared.report_index()


@pytest.fixture(scope="session")
def assistant() -> Assistant:
    """An assistant over the report, with default settings."""
    return shared.report_assistant()
