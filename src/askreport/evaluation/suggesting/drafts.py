"""A question made from one sentence, and whether it reads like one."""

import re
from dataclasses import dataclass

MIN_CHARS = 6
MAX_CHARS = 60  # of a Chinese question; an English one takes twice as many
KEY_CHARS = 16  # of a phrase; a longer key would ask for its very words

_PAIRS = (("（", "）"), ("(", ")"), ("“", "”"), ("《", "》"), ("[", "]"), ("「", "」"))
_HAN = re.compile(r"[\u3400-\u9fff]")


@dataclass(frozen=True, slots=True)
class Draft:
    """A question, its answer, and keys of which every list must be met.

    `kind` names how it was made, `type` the group of test questions that it belongs to.
    """

    kind: str
    type: str
    question: str
    answer: str
    keys: tuple[tuple[str, ...], ...]

    def reads_well(self) -> bool:
        """Whether it has a fit length, whole brackets, and does not give its answer away."""
        question = solid(self.question)
        most = MAX_CHARS if _HAN.search(question) else 2 * MAX_CHARS
        whole = all(question.count(left) == question.count(right) for left, right in _PAIRS)
        keys = [solid(key) for strings in self.keys for key in strings]
        told = any(key in question for key in keys)
        return MIN_CHARS <= len(question) <= most and whole and bool(keys) and not told


def solid(text: str) -> str:
    """Without white space, and in lower case."""
    return "".join(text.split()).casefold()
