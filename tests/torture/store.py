"""R1 to R4, R10, R11: an index that is killed, starved, damaged, crowded, searched and built again."""

import errno
import json
import os
import random
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any
from unittest.mock import patch

import numpy as np

from askreport import index
from askreport.errors import AskReportError, IndexUnwritable
from askreport.store import contents, generations
from askreport.store.building import BuildJob, verify
from tests.index_help import build, make_report, numbered, query, recipe
from tests.torture.rows import Tally, row
from tests.torture.shared import (
    ENVIRONMENT,
    QUESTIONS,
    ROOT,
    report_assistant,
    report_index,
    spread,
)

SIZE = 30  # sentences of the small report
READERS = 8
NEIGHBOURS = 10


def start_builder(directory: Path, word: str) -> "subprocess.Popen[str]":
    """A process that builds an index whose every sentence holds `word`."""
    return subprocess.Popen(
        [sys.executable, "-m", "tests.index_help", str(directory), str(SIZE), word],
        cwd=ROOT,
        env=ENVIRONMENT,
        stderr=subprocess.PIPE,
        text=True,
    )


def word_in(directory: Path) -> str:
    """The word that every sentence of a whole index holds, found by searching."""
    opened = index.open_index(directory)
    words = set()
    for unit in (*opened.sentences, *opened.passages):
        words |= {sentence.split("说")[1] for sentence in opened.text(unit).split("。") if sentence}
    assert len(words) == 1, words
    word = words.pop()
    for number in range(0, SIZE, 5):
        found, _ = opened.nearest("sentences", query(f"第{number}句说{word}。"), 1)
        assert found.tolist() == [number]
    opened.close()
    return word


def verify_here(job: BuildJob, job_json: str) -> "subprocess.CompletedProcess[str]":
    """Verification in this process, which saves seconds."""
    verify(job_json)
    return subprocess.CompletedProcess([], 0, "", "")


@contextmanager
def verified_here() -> Iterator[None]:
    """Let builds verify in this process."""
    with patch.object(BuildJob, "_run_child", verify_here):
        yield


def small_index(folder: Path) -> Path:
    """A fresh index of the small report, below `folder`."""
    with verified_here():
        build(folder / "index", make_report(numbered(SIZE)))
    return folder / "index"


# -- R1


@row("R1", "300 of 300 leave the whole old or the whole new index", quick=10, full=300)
def kills_at_random_moments_of_a_build(count: int, tally: Tally, folder: Path) -> None:
    started = time.monotonic()
    measured = start_builder(small_index(folder), "光刻")
    measured.communicate()
    whole_seconds = time.monotonic() - started

    def worker(number: int) -> dict[str, int]:
        directory = shutil.copytree(folder / "index", folder / f"copy-{number}")
        kills = range(number, count, 2)
        outcomes = _kill_builders(directory, whole_seconds, kills, tally)
        builder = start_builder(directory, "最后")
        error = builder.communicate()[1]
        with tally.attempt("a build after all kills"):
            assert error == ""
            assert word_in(directory) == "最后"
            assert len(list(directory.glob("gen-*"))) == 2
        return outcomes

    with ThreadPoolExecutor(2) as pool:
        outcomes = list(pool.map(worker, range(2)))
    for name in ("old", "new"):
        tally.figures[f"{name} index"] = str(sum(each[name] for each in outcomes))


def _kill_builders(
    directory: Path, whole_seconds: float, kills: range, tally: Tally
) -> dict[str, int]:
    moments = random.Random(kills.start)
    outcomes = {"old": 0, "new": 0}
    before = word_in(directory)
    for kill in kills:
        wanted = f"词{kill}"
        builder = start_builder(directory, wanted)
        # Half of the kills fall into the last third: writing, verifying, publishing.
        earliest = 0.66 if (kill // 2) % 2 else 0.1
        time.sleep(whole_seconds * moments.uniform(earliest, 1.1))
        builder.send_signal(signal.SIGKILL)
        builder.communicate()
        with tally.attempt(f"kill {kill}"):
            found = word_in(directory)
            assert found in {before, wanted}, found
            outcomes["new" if found == wanted else "old"] += 1
            before = found
    return outcomes


# -- R2


class FailAt:
    """A function that fails at its n-th call, and counts."""

    def __init__(self, real: Callable[..., Any], number: int, code: int) -> None:
        self.real, self.number, self.code, self.calls = real, number, code, 0

    def __call__(self, *arguments: Any, **named: Any) -> Any:
        self.calls += 1
        if self.calls == self.number:
            raise OSError(self.code, os.strerror(self.code))
        return self.real(*arguments, **named)


Step = tuple[object, str, int]
_WRITING: tuple[tuple[object, str], ...] = (
    (os, "fsync"),
    (Path, "replace"),
    (Path, "mkdir"),
    (Path, "write_text"),
    (np, "save"),
    (shutil, "copyfileobj"),
)


def steps_of_a_build(directory: Path) -> list[Step]:
    """Every call of a build that writes, as (owner, name, number), counted in a good build."""
    steps: list[Step] = []
    for owner, name in _WRITING:
        counter = FailAt(getattr(owner, name), 0, 0)
        with patch.object(owner, name, lambda *a, _c=counter, **named: _c(*a, **named)):
            build(directory, make_report(numbered(SIZE, f"数{name}")))
        steps += [(owner, name, number) for number in range(1, counter.calls + 1)]
    return steps


@row("R2", "at every step the old index stays, and one line says why", quick=24, full=300)
def writes_that_fail(count: int, tally: Tally, folder: Path) -> None:
    with verified_here():
        steps = steps_of_a_build(folder / "steps")
        directory = small_index(folder)
        codes = (errno.ENOSPC, errno.EIO, errno.EROFS)
        cases = [(step, code) for step in steps for code in codes]
        for (owner, name, number), code in spread(cases, count):
            with tally.attempt(f"{name} call {number}, {errno.errorcode[code]}"):
                _fail_once(directory, owner, name, number, code)
    tally.figures["steps"] = str(len(steps))


def _fail_once(directory: Path, owner: object, name: str, number: int, code: int) -> None:
    failing = FailAt(getattr(owner, name), number, code)
    message = "built"
    with patch.object(owner, name, lambda *a, **named: failing(*a, **named)):
        try:
            build(directory, make_report(numbered(SIZE, "光刻")))
        except IndexUnwritable as error:
            message = str(error)
    if failing.calls < number:  # not every build takes as many steps as the one counted
        build(directory, make_report(numbered(SIZE)))
        return
    live = generations.read_pointer(directory).generation
    if message != "built":
        assert os.strerror(code) in message, message
        assert "\n" not in message
    published = word_in(directory)
    # A failure after the pointer was replaced cannot take the new index back.
    after_pointer = name == "fsync" and published == "光刻"
    assert published == "芯片" or after_pointer, published
    assert message != "built", "the failure went unnoticed"
    if after_pointer:
        build(directory, make_report(numbered(SIZE)))
    else:
        assert [path.name for path in directory.glob("gen-*") if path.name != live] == []


# -- R3


def cut(path: Path) -> None:
    """Take the last byte away."""
    path.write_bytes(path.read_bytes()[:-1])


def flip(path: Path) -> None:
    """Change one bit in the middle."""
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 1
    path.write_bytes(content)


def empty(path: Path) -> None:
    """Leave nothing."""
    path.write_bytes(b"")


def replace_by_link(path: Path) -> None:
    """Point to a file without end."""
    path.unlink()
    path.symlink_to("/dev/zero")


DAMAGES: tuple[Callable[[Path], object], ...] = (cut, flip, empty, Path.unlink, replace_by_link)
GARBAGE = (b"", b"{}", b"[]", b"null", b"\xff\xfe", b"{" * 100_000, b'"x"', b"\x00" * 500)


@row("R3", "none silent, none ends the process, each names the repair", quick=40, full=250)
def damaged_files(count: int, tally: Tally, folder: Path) -> None:
    directory = small_index(folder)
    pointer = directory / "CURRENT.json"
    generation = next(directory.glob("gen-*"))
    files = [path for path in generation.rglob("*") if path.is_file() and path.stat().st_size]
    assert len(files) > 15
    cases = [(damage, path) for path in (*files, pointer) for damage in DAMAGES]
    bits = random.Random(3).sample(range(pointer.stat().st_size), 100)
    cases += [(lambda path, at=at: _change_byte(path, at), pointer) for at in bits]
    cases += [
        (lambda path, text=text: path.write_bytes(text) and None, pointer) for text in GARBAGE
    ]
    for damage, path in spread(cases, count):
        content = path.read_bytes()
        damage(path)
        unchanged = path.exists() and not path.is_symlink() and path.read_bytes() == content
        with tally.attempt(f"{getattr(damage, '__name__', 'change')} {path.name}"):
            error = _error_of(lambda: index.open_index(directory))
            assert unchanged or (error and error.endswith("askreport index")), error
        path.unlink(missing_ok=True)
        path.write_bytes(content)
    with tally.attempt("as it was"):
        assert word_in(directory) == "芯片"


def _change_byte(path: Path, at: int) -> None:
    content = bytearray(path.read_bytes())
    if not content[at : at + 1].isspace():  # JSON does not mind
        content[at] ^= 1
    path.write_bytes(content)


def _error_of(call: Callable[[], object]) -> str:
    try:
        call()
    except AskReportError as error:
        return str(error)
    return ""


@row(
    "R3", "another model, dimension, passage length, version or report is refused", quick=8, full=8
)
def an_index_that_does_not_fit(count: int, tally: Tally, folder: Path) -> None:
    directory = small_index(folder)
    other = {
        "model": recipe("bge-m3"),
        "dimension": recipe(dimension=8),
        "passage_chars": recipe(passage_chars=200),
        "model_digest": replace(recipe(), model_digest="1" * 64),
    }
    for name, wanted in other.items():
        error = _error_of(lambda wanted=wanted: index.open_index(directory, wanted))
        tally.check(name in error and error.endswith("askreport index"), error or name)
    error = _error_of(lambda: index.open_index(directory, recipe(), ["f" * 64]))
    tally.check("reports" in error, error or "reports")
    with patch.object(contents, "version", lambda _: "9.9"):
        tally.check("chromadb" in _error_of(lambda: index.open_index(directory)), "version")
    with patch.object(generations, "FORMAT", generations.FORMAT + 1):
        tally.check("format" in _error_of(lambda: index.open_index(directory)), "format")
    (directory / "CURRENT.json").unlink()
    tally.check("No index" in _error_of(lambda: index.open_index(directory)), "no pointer")


# -- R4


@row("R4", "one builder at a time; the index is that of one that succeeded", quick=2, full=20)
def builders_at_once(count: int, tally: Tally, folder: Path) -> None:
    directory = small_index(folder)
    for number in range(count):
        with tally.attempt(f"round {number}"):
            words = [f"甲{number}", f"甲{number}", f"乙{number}"]
            builders = [start_builder(directory, word) for word in words]
            errors = [builder.communicate()[1] for builder in builders]
            codes = [builder.returncode for builder in builders]
            assert 0 in codes, errors
            for code, error in zip(codes, errors, strict=True):
                assert code == 0 or "IndexBusy" in error, error
            good = {word for word, code in zip(words, codes, strict=True) if code == 0}
            assert word_in(directory) in good


def start_reader(directory: Path) -> "subprocess.Popen[str]":
    """A process that asks until it is told to stop, and opens what is published meanwhile."""
    code = """
import select, sys
from askreport import index
from tests.index_help import query
opened, opens, answers, wrong = index.open_index(sys.argv[1]), 1, 0, 0
print("ready", flush=True)
while not select.select([sys.stdin], [], [], 0)[0]:
    if opened.pointer_changed():
        opened, opens = index.open_index(sys.argv[1]), opens + 1
    unit = opened.sentences[answers % len(opened.sentences)]
    found = opened.nearest("sentences", query(opened.text(unit)), 1)[0][0]
    answers, wrong = answers + 1, wrong + (opened.sentences[found] != unit)
print(opens, answers, wrong)
"""
    return subprocess.Popen(
        [sys.executable, "-c", code, str(directory)],
        cwd=ROOT,
        env=ENVIRONMENT,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


@row("R4", "8 readers answer all the while, and see the new index", quick=2, full=20)
def readers_while_others_build(count: int, tally: Tally, folder: Path) -> None:
    directory = small_index(folder)
    readers = [start_reader(directory) for _ in range(min(READERS, count + 1))]
    try:
        for reader in readers:
            assert reader.stdout is not None
            assert reader.stdout.readline() == "ready\n"
        with verified_here():
            for number in range(count):
                with tally.attempt(f"build {number}"):
                    assert build(directory, make_report(numbered(SIZE, f"字{number}"))).built
    finally:
        ends = [reader.communicate("stop\n", timeout=120) for reader in readers]
    answered = 0
    for output, error in ends:
        with tally.attempt("a reader"):
            assert error == ""
            opened, answers, wrong = (int(part) for part in output.split())
            assert opened > 1
            assert answers > 0
            assert wrong == 0
            answered += answers
    tally.figures["answers meanwhile"] = str(answered)


# -- R10, R11


@row("R10", "every question finds its true ten nearest: recall@10 = 1", quick=40, full=610)
def neighbours_against_a_full_scan(count: int, tally: Tally, folder: Path) -> None:
    lines = QUESTIONS.read_text(encoding="utf-8").splitlines()
    opened = index.open_index(report_index())
    everything = opened.vectors("sentences", np.arange(len(opened.sentences)))
    asked = [json.loads(line)["question"] for line in lines]
    asked += [opened.text(unit) for unit in spread(list(opened.passages), 500)]
    embeddings = report_assistant()._embeddings
    for question in spread(asked, count):
        vector = np.asarray(embeddings.embed_query(question), dtype=np.float32)
        cosines = np.round(everything @ (vector / np.linalg.norm(vector)), 6)
        true = np.lexsort((np.arange(len(cosines)), -cosines))[:NEIGHBOURS]
        found, _ = opened.nearest("sentences", vector, NEIGHBOURS)
        approximate, _ = opened._store.search("sentences", vector, NEIGHBOURS)
        tally.check(found.tolist() == true.tolist(), question[:40])
        shared = len(set(approximate.tolist()) & set(true.tolist()))
        tally.figures["HNSW alone, lowest recall@10"] = str(
            min(float(tally.figures.get("HNSW alone, lowest recall@10", 1)), shared / NEIGHBOURS)
        )
    opened.close()


_BUILD_AND_SEARCH = """
import sys
from pathlib import Path
from askreport import index
from tests.index_help import build, make_report, numbered, query
info = build(Path(sys.argv[1]), make_report(numbered(40)))
found = index.open_index(sys.argv[1]).nearest("sentences", query("芯片"), 10)
print(info.generation, found[0].tolist(), found[1].tolist())
"""


@row("R11", "the same digest and the same order, whatever the hash seed", quick=2, full=10)
def the_same_input_again(count: int, tally: Tally, folder: Path) -> None:
    first = ""
    for number in range(count):
        output = subprocess.run(
            [sys.executable, "-c", _BUILD_AND_SEARCH, str(folder / str(number))],
            cwd=ROOT,
            env={**ENVIRONMENT, "PYTHONHASHSEED": str(number % 2 + 1)},
            capture_output=True,
            text=True,
        ).stdout
        first = first or output
        tally.check(bool(output) and output == first, f"build {number}: {output!r}")
