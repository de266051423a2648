"""Ask a report questions and get answers that cite it, sentence by sentence."""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from askreport.assembly import Assistant, build_index, open_assistant
    from askreport.errors import AskReportError
    from askreport.schema import Answer, Citation

__all__ = [
    "Answer",
    "AskReportError",
    "Assistant",
    "Citation",
    "build_index",
    "open_assistant",
]

_HOMES = {
    "Answer": "schema",
    "AskReportError": "errors",
    "Assistant": "assembly",
    "Citation": "schema",
    "build_index": "assembly",
    "open_assistant": "assembly",
}


def __getattr__(name: str) -> Any:
    """Import what is asked for and no more: the command line must answer `--help` at once."""
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"askreport.{_HOMES[name]}"), name)
