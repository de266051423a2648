"""Killed, crowded, damaged, out of space: the old index answers, or one line says what to do."""

import errno
import os
import random
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from askreport import index
from askreport.errors import IndexBusy, IndexDamaged, IndexMissing, IndexUnwritable
from askreport.schema import IndexInfo
from askreport.store.building import BuildJob
from askreport.store.generations import build_lock
from tests.index_help import build, make_report, numbered, query
from tests.test_index import verify_here

ROOT = Path(__file__).parents[1]
KILLS = 12
SIZE = 30


@pytest.fixture
def same_process(monkeypatch: pytest.MonkeyPatch) -> None:
    """Verify in this process, which saves seconds."""
    monkeypatch.setattr(BuildJob, "_run_child", verify_here)


@pytest.fixture(scope="module")
def pristine(tmp_path_factory: pytest.TempPathFactory) -> Path:
    directory = tmp_path_factory.mktemp("pristine") / "index"
    build(directory, make_report(numbered(SIZE)))
    return directory


@pytest.fixture
def copied(pristine: Path, tmp_path: Path) -> Path:
    return shutil.copytree(pristine, tmp_path / "index")


def start_builder(directory: Path, word: str) -> "subprocess.Popen[str]":
    return subprocess.Popen(
        [sys.executable, "-m", "tests.index_help", str(directory), str(SIZE), word],
        cwd=ROOT,
        env={**os.environ, "PYTHONPATH": f"{ROOT / 'src'}:{ROOT}"},
        stderr=subprocess.PIPE,
        text=True,
    )


def word_in(directory: Path) -> str:
    """The word that every sentence of a whole index holds, found by searching."""
    opened = index.open_index(directory)
    words = set()
    for unit in (*opened.sentences, *opened.passages):
        words |= {sentence.split("说")[1] for sentence in opened.text(unit).split("。") if sentence}
    assert len(words) == 1
    word = words.pop()
    for number in range(0, SIZE, 5):
        found, _ = opened.nearest("sentences", query(f"第{number}句说{word}。"), 1)
        assert found.tolist() == [number]
    opened.close()
    return word


def test_a_builder_killed_at_any_moment_leaves_a_whole_index(copied: Path) -> None:
    moments = random.Random(2)
    started = time.monotonic()
    builder = start_builder(copied, "光刻")
    builder.communicate()
    whole_seconds = time.monotonic() - started
    before = "光刻"
    for kill in range(KILLS):
        wanted = f"词{kill}"
        builder = start_builder(copied, wanted)
        # Half of the kills fall into the last third: writing, verifying, publishing.
        earliest = 0.66 if kill % 2 else 0.1
        time.sleep(whole_seconds * moments.uniform(earliest, 1.1))
        builder.send_signal(signal.SIGKILL)
        builder.communicate()
        before_or_after = word_in(copied)
        assert before_or_after in {before, wanted}
        before = before_or_after
    builder = start_builder(copied, "最后")
    assert builder.communicate()[1] == ""
    assert word_in(copied) == "最后"
    assert len(list(copied.glob("gen-*"))) == 2


def test_of_many_builders_one_builds(copied: Path) -> None:
    builders = [start_builder(copied, word) for word in ("光刻", "光刻", "量子")]
    errors = [builder.communicate()[1] for builder in builders]
    outcomes = [builder.returncode for builder in builders]
    assert 0 in outcomes
    assert all(
        code == 0 or "IndexBusy" in error for code, error in zip(outcomes, errors, strict=True)
    )
    assert word_in(copied) in {"光刻", "量子"}


def test_a_taken_lock_is_named_and_nothing_is_written(copied: Path) -> None:
    before = sorted(path.name for path in copied.iterdir())
    with build_lock(copied), pytest.raises(IndexBusy, match="wait until it is done"):
        build(copied, make_report(numbered(2)))
    assert sorted(path.name for path in copied.iterdir()) == before
    assert not build(copied, make_report(numbered(SIZE))).built


def test_a_fresh_index_needs_no_lock(copied: Path) -> None:
    with build_lock(copied):
        assert not build(copied, make_report(numbered(SIZE))).built


def test_readers_answer_while_others_build(copied: Path, same_process: None) -> None:
    reader = start_reader(copied)
    assert reader.stdout is not None
    assert reader.stdout.readline() == "ready\n"
    try:
        for word in ("光刻", "量子", "芯片"):
            build(copied, make_report(numbered(SIZE, word)))
    finally:
        output, error = reader.communicate("stop\n", timeout=60)
    assert error == ""
    opened, answers, wrong = (int(part) for part in output.split())
    assert opened > 1
    assert answers > 100
    assert wrong == 0


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
        env={**os.environ, "PYTHONPATH": f"{ROOT / 'src'}:{ROOT}"},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def cut(path: Path) -> None:
    path.write_bytes(path.read_bytes()[:-1])


def flip(path: Path) -> None:
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 1
    path.write_bytes(content)


def empty(path: Path) -> None:
    path.write_bytes(b"")


def replace_by_link(path: Path) -> None:
    path.unlink()
    path.symlink_to("/dev/zero")


@pytest.mark.parametrize("damage", [cut, flip, empty, Path.unlink, replace_by_link])
def test_damage_to_any_file_is_found_and_repaired(
    copied: Path, damage: Callable[[Path], None], same_process: None
) -> None:
    generation = next(copied.glob("gen-*"))
    files = [path for path in generation.rglob("*") if path.is_file() and path.stat().st_size]
    assert len(files) > 15
    for path in files:
        content = path.read_bytes()
        damage(path)
        with pytest.raises(IndexDamaged, match=rf"{path.name}.*Rebuild: askreport index$"):
            index.open_index(copied)
        path.unlink(missing_ok=True)
        path.write_bytes(content)
    assert word_in(copied) == "芯片"
    damage(files[0])
    assert build(copied, make_report(numbered(SIZE))).built
    assert word_in(copied) == "芯片"


def test_any_changed_byte_of_the_pointer_is_found(copied: Path) -> None:
    pointer = copied / "CURRENT.json"
    content = pointer.read_bytes()
    for place in random.Random(3).sample(range(len(content)), 60):
        if content[place : place + 1].isspace():
            continue
        changed = bytearray(content)
        changed[place] ^= 1
        pointer.write_bytes(changed)
        with pytest.raises(IndexDamaged, match="Rebuild: askreport index"):
            index.open_index(copied)


@pytest.mark.parametrize("text", [b"", b"{}", b"[]", b"null", b"\xff\xfe", b"{" * 100_000, b'"x"'])
def test_garbage_for_a_pointer_is_damage_and_repaired(
    copied: Path, text: bytes, same_process: None
) -> None:
    (copied / "CURRENT.json").write_bytes(text)
    with pytest.raises(IndexDamaged, match=r"CURRENT\.json.*Rebuild: askreport index"):
        index.open_index(copied)
    assert build(copied, make_report(numbered(SIZE))).built
    assert word_in(copied) == "芯片"


def test_a_missing_pointer_or_generation_is_repaired(copied: Path, same_process: None) -> None:
    (copied / "CURRENT.json").unlink()
    with pytest.raises(IndexMissing, match="askreport index"):
        index.open_index(copied)
    assert build(copied, make_report(numbered(SIZE))).built
    for generation in copied.glob("gen-*"):
        shutil.rmtree(generation)
    with pytest.raises(IndexDamaged, match="is missing"):
        index.open_index(copied)
    assert build(copied, make_report(numbered(SIZE))).built
    assert word_in(copied) == "芯片"


class FailAt:
    """A function that fails at its n-th call, and counts."""

    def __init__(self, real: Callable[..., object], number: int, code: int) -> None:
        self.real, self.number, self.code, self.calls = real, number, code, 0

    def __call__(self, *arguments: object, **named: object) -> object:
        self.calls += 1
        if self.calls == self.number:
            raise OSError(self.code, os.strerror(self.code))
        return self.real(*arguments, **named)


def failing_steps() -> Iterator[tuple[object, str, int]]:
    for number in (1, 2, 10, 25):
        yield os, "fsync", number
    yield Path, "replace", 1
    for number in (1, 3):
        yield Path, "mkdir", number
        yield Path, "write_text", number


@pytest.mark.parametrize("code", [errno.ENOSPC, errno.EIO, errno.EROFS])
@pytest.mark.parametrize(("owner", "name", "number"), list(failing_steps()))
def test_a_failing_step_leaves_the_old_index(
    copied: Path,
    monkeypatch: pytest.MonkeyPatch,
    same_process: None,
    owner: object,
    name: str,
    number: int,
    code: int,
) -> None:
    failing = FailAt(getattr(owner, name), number, code)
    monkeypatch.setattr(owner, name, lambda *a, **named: failing(*a, **named))
    with pytest.raises(IndexUnwritable, match=os.strerror(code)) as caught:
        build(copied, make_report(numbered(SIZE, "光刻")))
    monkeypatch.undo()
    assert "\n" not in str(caught.value)
    assert word_in(copied) == "芯片"
    assert len(list(copied.glob("gen-*"))) == 1


def test_a_failure_after_publishing_keeps_what_is_published(
    copied: Path, monkeypatch: pytest.MonkeyPatch, same_process: None
) -> None:
    replace = Path.replace

    def replace_and_break(path: Path, target: Path) -> Path:
        result = replace(path, target)
        monkeypatch.setattr(os, "fsync", FailAt(os.fsync, 1, errno.EIO))
        return result

    monkeypatch.setattr(Path, "replace", replace_and_break)
    with pytest.raises(IndexUnwritable):
        build(copied, make_report(numbered(SIZE, "光刻")))
    monkeypatch.undo()
    assert word_in(copied) == "光刻"


def test_an_interrupted_build_cleans_up(copied: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupt(*_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(BuildJob, "_run_child", interrupt)
    with pytest.raises(KeyboardInterrupt):
        build(copied, make_report(numbered(SIZE, "光刻")))
    assert word_in(copied) == "芯片"
    assert len(list(copied.glob("gen-*"))) == 1


@pytest.mark.parametrize(
    "call", [lambda path: build(path, make_report(["一。"])), index.open_index]
)
def test_a_file_where_the_folder_should_be(
    tmp_path: Path, call: Callable[[Path], IndexInfo | index.Index]
) -> None:
    path = tmp_path / "index"
    path.write_text("a file")
    with pytest.raises((IndexUnwritable, IndexDamaged), match="another folder with --index-dir"):
        call(path)
    assert path.read_text() == "a file"


def test_no_room_for_the_working_copy(copied: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shutil, "copyfileobj", FailAt(shutil.copyfileobj, 2, errno.ENOSPC))
    with pytest.raises(IndexUnwritable, match=r"No space left on device.*TMPDIR"):
        index.open_index(copied)
