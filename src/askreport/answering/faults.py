"""What can go wrong with a chat model, in a word and in a line that says what to do.

Every provider raises its own exceptions. They are told apart by what they have in common: a status,
and the names of their classes.
"""

import re
from collections.abc import Iterator

from askreport.answering.phrases import FAULTS, Language
from askreport.errors import ModelUnavailable

_BY_STATUS = {401: "key", 403: "key", 404: "unknown", 408: "timeout", 429: "busy", 504: "timeout"}
_BY_CLASS = (  # the first that any class of the exception or of its causes is named after
    ("timeout", re.compile("Timeout")),
    ("broken", re.compile("RemoteProtocol|ReadError|IncompleteRead|ChunkedEncoding")),
    ("unreachable", re.compile("Connect")),
)
_PACKAGE = re.compile(r"pip install (?:-U )?([\w-]+)")


class ChatModelFailed(ModelUnavailable):
    """A chat model gave no answer that can be shown. `fault` is a key of `phrases.FAULTS`."""

    def __init__(self, fault: str, model: str, detail: str = "") -> None:
        self.fault = fault
        self._model = model
        self._detail = detail
        super().__init__(self.line("en"))

    def line(self, language: Language) -> str:
        """What is wrong and what to do, in one line."""
        provider = self._model.partition(":")[0] if ":" in self._model else "openai"
        key = re.sub(r"\W", "_", provider).upper() + "_API_KEY"
        return FAULTS[language][self.fault].format(model=self._model, detail=self._detail, key=key)


def of_setup(error: Exception, model: str) -> ChatModelFailed:
    """The fault of a model that could not be made."""
    if not isinstance(error, ImportError):
        return ChatModelFailed("setup", model, type(error).__name__)
    named = _PACKAGE.search(str(error))
    package = named[1] if named else f"langchain-{model.partition(':')[0].replace('_', '-')}"
    return ChatModelFailed("package", model, package)


def of_call(error: Exception, model: str) -> ChatModelFailed:
    """The fault of a model that failed when it was asked."""
    if isinstance(error, ChatModelFailed):
        return error
    status = _status(error)
    if status in _BY_STATUS or (status or 0) >= 500:
        return ChatModelFailed(_BY_STATUS.get(status or 0, "server"), model, str(status))
    classes = " ".join(kind.__name__ for one in _causes(error) for kind in type(one).__mro__)
    for fault, name in _BY_CLASS:
        if name.search(classes):
            return ChatModelFailed(fault, model)
    detail = f"HTTP {status}" if status else type(error).__name__
    return ChatModelFailed("other", model, detail)


def _status(error: BaseException) -> int | None:
    for one in _causes(error):
        for holder in (one, getattr(one, "response", None)):
            status = getattr(holder, "status_code", None)
            if isinstance(status, int):
                return status
    return None


def _causes(error: BaseException | None) -> Iterator[BaseException]:
    for _ in range(10):  # an exception may be its own cause
        if error is None:
            return
        yield error
        error = error.__cause__ or error.__context__
