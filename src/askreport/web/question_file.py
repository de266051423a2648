"""A file of test questions that a running server adds to: whole at every moment, for many at once.

A change holds the file's lock (another process may serve the same folder), writes the whole file
beside the old one and replaces it, so that a reader sees the old or the new one and never half.
"""

import fcntl
import os
import re
import tempfile
import unicodedata
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Final

from askreport.errors import AskReportError
from askreport.evaluation.questions import read_kept
from askreport.evaluation.suggesting import to_json_lines
from askreport.schema import TestQuestion

MOST_QUESTIONS: Final = 5000  # a page that anybody may open must not fill the disk


class QuestionFile:
    """Test questions at `path`; new ones get the ids PREFIX-001 and on."""

    def __init__(self, path: Path, prefix: str) -> None:
        self.path = path
        self._prefix = prefix

    def read(self) -> tuple[TestQuestion, ...]:
        """The questions in file order; none where there is no file. Raises
        `QuestionsUnreadable`."""
        return read_kept(self.path)

    def put(self, question: TestQuestion) -> TestQuestion:
        """Keep `question` under an id of this file, in the place of the same question if there.

        The same: same wording after the same conversation. Raises `QuestionsUnreadable` for a file
        that somebody broke, and `AskReportError` where it is full or cannot be written.
        """
        with self._locked():
            kept = list(self.read())
            for number, known in enumerate(kept):
                if _key(known) == _key(question):
                    kept[number] = replace(question, id=known.id)
                    self._write(kept)
                    return kept[number]
            if len(kept) >= MOST_QUESTIONS:
                raise AskReportError(
                    f"{self.path} is full ({MOST_QUESTIONS} questions); move it away to go on."
                )
            kept.append(replace(question, id=self._next_id(kept)))
            self._write(kept)
            return kept[-1]

    def take(self, id_: str) -> TestQuestion | None:
        """Take a question out of the file; `None` where it is not there any more."""
        with self._locked():
            kept = list(self.read())
            taken = next((question for question in kept if question.id == id_), None)
            if taken is not None:
                kept.remove(taken)
                self._write(kept)
            return taken

    def delete(self) -> int:
        """Delete the file, and tell how many questions were in it."""
        with self._locked():
            count = len(self.path.read_bytes().splitlines()) if self.path.exists() else 0
            self.path.unlink(missing_ok=True)
        return count

    def _next_id(self, questions: Sequence[TestQuestion]) -> str:
        ours = re.compile(rf"{re.escape(self._prefix)}-(\d+)")
        numbers = [int(match[1]) for one in questions if (match := ours.fullmatch(one.id))]
        return f"{self._prefix}-{max(numbers, default=0) + 1:03d}"

    @contextmanager
    def _locked(self) -> Iterator[None]:
        try:
            self.path.parent.mkdir(parents=True, exist_ok=True)
            with self.path.with_name(f".{self.path.name}.lock").open("a") as handle:
                fcntl.flock(handle, fcntl.LOCK_EX)
                yield
        except OSError as error:
            raise AskReportError(
                f"Cannot write {self.path} ({error.strerror}); make its folder writable."
            ) from error

    def _write(self, questions: Sequence[TestQuestion]) -> None:
        descriptor, name = tempfile.mkstemp(dir=self.path.parent, prefix=f".{self.path.name}.")
        try:
            with os.fdopen(descriptor, "w", encoding="utf-8") as file:
                file.write(to_json_lines(questions))
                file.flush()
                os.fsync(file.fileno())
            Path(name).chmod(0o644)
            Path(name).replace(self.path)
        except BaseException:
            Path(name).unlink(missing_ok=True)
            raise


def _key(question: TestQuestion) -> tuple[str, ...]:
    words = [*(turn.question for turn in question.history), question.question]
    return tuple("".join(unicodedata.normalize("NFKC", text).casefold().split()) for text in words)
