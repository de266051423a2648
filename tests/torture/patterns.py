"""S10: every pattern and every tokenizer of ours on adversarial text is linear in its length.

The texts are made from what each pattern looks for: runs of each of its characters, and of pairs of
them, with an end that does not fit. Lengths are doubled up to the whole one; a pattern that backtracks
shows long before that, and an alarm ends it. Time is that of the processor, whatever else it does.
"""

import importlib
import pkgutil
import re
import signal
import time
from collections.abc import Callable, Iterator
from itertools import islice, permutations
from pathlib import Path
from types import FrameType, ModuleType

import askreport
from askreport.answering.followup import complete
from askreport.answering.phrases import language_of
from askreport.chunking import split_passages
from askreport.cli.shared import printable
from askreport.lexical import tokenize
from askreport.reading import report_from_paragraphs, split_sentences
from askreport.reading.markdown import read_markdown
from askreport.reading.plain import read_plain
from askreport.retrieval import without_self_reference
from askreport.schema import Turn
from askreport.web.rendering import clean, text_language
from askreport.web.strings import preferred_language
from tests.torture.rows import Tally, row
from tests.torture.shared import report_assistant, spread

LIMIT_SECONDS = 2.0
FIRST_CHARS = 1 << 10
NOISE_SECONDS = 0.05  # below this a ratio of two times says nothing
GROWTH = 2.5  # at most, of the time for twice the length
PAIRS = 12
COMMA = "，"  # most of our longer patterns go from one to the next, so each is tried on it
_SKIPPED = {"askreport.__main__"}

Call = Callable[[str], object]


class TooSlow(Exception):
    """The alarm went off."""


def patterns() -> dict[str, "re.Pattern[str]"]:
    """Every compiled pattern over text in the modules of the package, by module and name."""
    found: dict[str, re.Pattern[str]] = {}
    for module in _modules():
        for name, value in vars(module).items():
            for key, pattern in _patterns_in(name, value):
                if isinstance(pattern.pattern, str):
                    found.setdefault(f"{module.__name__.removeprefix('askreport.')}.{key}", pattern)
    return found


def _modules() -> Iterator[ModuleType]:
    for info in pkgutil.walk_packages(askreport.__path__, "askreport."):
        if info.name not in _SKIPPED:
            yield importlib.import_module(info.name)


def _patterns_in(name: str, value: object) -> Iterator[tuple[str, "re.Pattern[str]"]]:
    if isinstance(value, re.Pattern):
        yield name, value
    elif isinstance(value, dict):
        for key, item in value.items():
            yield from _patterns_in(f"{name}[{key}]", item)
    elif isinstance(value, (tuple, list, frozenset)):
        for number, item in enumerate(value):
            yield from _patterns_in(f"{name}[{number}]", item)


def characters_of(pattern: str) -> list[str]:
    """Characters that `pattern` has something to say about, at most eight."""
    written = re.sub(r"\\[uU][0-9a-fA-F]{4,8}|\\.|\[\^?|[()|*+?{}\]^$]", " ", pattern)
    known = {"\\d": "7", "\\w": "a", "\\s": " ", "\\W": "-", "\\S": "a", "\\D": "a"}
    characters = dict.fromkeys(known[name] for name in known if name in pattern)
    characters |= dict.fromkeys(c for c in re.findall(r"\\([^\w\s])", pattern))
    characters |= dict.fromkeys(c for c in written if not c.isspace())
    chosen = list(characters)
    return list(dict.fromkeys([*chosen[:5], *chosen[-3:], "a", "中", " ", "1"]))


def adversarial(pattern: str) -> list[str]:
    """Units to repeat: characters of the pattern and pairs of them."""
    single = characters_of(pattern)
    return [*single, *islice(("".join(pair) for pair in permutations(single, 2)), PAIRS)]


def seconds_of(call: Call, text: str) -> float:
    """Seconds of one call, from the better of two; `TooSlow` beyond `LIMIT_SECONDS`."""
    best = LIMIT_SECONDS
    for _ in range(2):
        signal.setitimer(signal.ITIMER_PROF, 2 * LIMIT_SECONDS)
        try:
            started = time.process_time()
            call(text)
            best = min(best, time.process_time() - started)
        finally:
            signal.setitimer(signal.ITIMER_PROF, 0)
        if best < NOISE_SECONDS:
            break
    if best >= LIMIT_SECONDS:
        raise TooSlow(f"{best:.1f} s")
    return best


def fault_of(call: Call, unit: str, most_chars: int) -> str:
    """What is wrong with the time of `call` on repetitions of `unit`; "" for nothing."""
    length, before = FIRST_CHARS, 0.0
    while length <= most_chars:
        try:
            seconds = seconds_of(call, _text(unit, length))
            if before > NOISE_SECONDS and seconds > GROWTH * before and _grows(call, unit, length):
                return f"{unit!r} x {length}: {before:.2f} s for the half, {seconds:.2f} s"
        except TooSlow as error:
            return f"{unit!r} x {length}: {error}"
        before, length = seconds, 2 * length
    return ""


def _text(unit: str, length: int) -> str:
    return (unit * (length // len(unit)))[: length - 1] + "\N{SNOWMAN}"


def _grows(call: Call, unit: str, length: int) -> bool:
    """Whether the whole takes too long for the half each time that both are tried again."""
    half, whole = _text(unit, length // 2), _text(unit, length)
    return all(seconds_of(call, whole) > GROWTH * seconds_of(call, half) for _ in range(3))


def _alarm(number: int, frame: FrameType | None) -> None:
    raise TooSlow(f"more than {2 * LIMIT_SECONDS:g} s")


@row("S10", "2 s at most, linear: every pattern of ours", quick=100, full=1000)
def patterns_on_adversarial_text(count: int, tally: Tally, folder: Path) -> None:
    found = patterns()
    assert len(found) > 50
    most = 1 << (20 if count >= 500 else 14)
    _on_alarm(lambda: _try_patterns(found, count, most, tally))
    tally.figures["patterns"] = str(len(found))
    tally.figures["longest text"] = f"{most} characters"


def _try_patterns(found: dict[str, "re.Pattern[str]"], count: int, most: int, tally: Tally) -> None:
    each = max(2, count // len(found))
    for name, pattern in found.items():
        for unit in (COMMA, *spread(adversarial(pattern.pattern), each)):
            for call in (pattern.search, pattern.fullmatch, pattern.findall):
                fault = fault_of(call, unit, most)
                if fault:
                    break
            tally.check(not fault, f"{name} ({call.__name__}): {fault}")


def _on_alarm(call: Callable[[], None]) -> None:
    before = signal.signal(signal.SIGPROF, _alarm)
    try:
        call()
    finally:
        signal.signal(signal.SIGPROF, before)


def _read_and_cut(text: str) -> object:
    report = report_from_paragraphs("x.txt", [f"x{text}"])
    return split_passages(report, 300)


TOKENIZERS: dict[str, Call] = {
    "lexical.tokenize": tokenize,
    "retrieval.without_self_reference": without_self_reference,
    "reading.split_sentences": lambda text: split_sentences(text, 0, len(text)),
    "reading.read_plain": read_plain,
    "reading.read_markdown": read_markdown,
    "chunking.split_passages": _read_and_cut,
    "answering.language_of": language_of,
    "answering.complete": lambda text: complete(text, [Turn(text, text)]),
    "web.clean": clean,
    "web.text_language": text_language,
    "web.preferred_language": preferred_language,
    "cli.printable": printable,
    "embedding": lambda text: report_assistant()._embeddings.embed_query(text),
}
_UNITS = (
    *("a", "中", " ", "1", "。", "\n", "，", ".", "-", "#", "|", "[", "(", "`", "*", "\u3000", "é"),
    *(
        "1.",
        "1,",
        "a b",
        "中a",
        "。\n",
        "\n\n",
        "- ",
        "# ",
        "| a ",
        "[x](",
        "第一章\n",
        "TOP1：",
        "……12\n",
    ),
    *("\u0301", "\ud83d\ude00", "\u200b", "\x00", "报告指出", "According to the report, "),
)


@row("S10", "2 s at most, linear: every reader and tokenizer of ours", quick=40, full=390)
def tokenizers_on_adversarial_text(count: int, tally: Tally, folder: Path) -> None:
    most = 1 << (20 if count >= 300 else 14)
    report_assistant()
    cases = [(name, unit) for unit in _UNITS for name in TOKENIZERS]

    def run() -> None:
        for name, unit in spread(cases, count):
            fault = fault_of(TOKENIZERS[name], unit, most)
            tally.check(not fault, f"{name}: {fault}")

    _on_alarm(run)
    tally.figures["longest text"] = f"{most} characters"
