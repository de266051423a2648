"""Crowded, damaged, out of space: what tests/torture/store.py does not count, case by case."""

import errno
import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from askreport import index
from askreport.errors import IndexBusy, IndexDamaged, IndexMissing, IndexUnwritable
from askreport.schema import IndexInfo
from askreport.store.building import BuildJob
from askreport.store.generations import build_lock
from tests.index_help import build, make_report, numbered
from tests.torture.shared import ENVIRONMENT, ROOT
from tests.torture.store import SIZE, FailAt, flip, verify_here, word_in


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


def test_a_taken_lock_is_named_and_nothing_is_written(copied: Path) -> None:
    before = sorted(path.name for path in copied.iterdir())
    with build_lock(copied), pytest.raises(IndexBusy, match="wait until it is done"):
        build(copied, make_report(numbered(2)))
    assert sorted(path.name for path in copied.iterdir()) == before
    assert not build(copied, make_report(numbered(SIZE))).built


def test_a_fresh_index_needs_no_lock(copied: Path) -> None:
    with build_lock(copied):
        assert not build(copied, make_report(numbered(SIZE))).built


@pytest.mark.parametrize("damaged", ["CURRENT.json", "gen-*/reports.json", "gen-*/chroma/*/*.bin"])
def test_a_build_repairs_what_is_damaged(copied: Path, same_process: None, damaged: str) -> None:
    flip(next(copied.glob(damaged)))
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


_INTERRUPTED = """
import os, signal
from pathlib import Path
from askreport.store import building
from tests.index_help import recipe

def interrupt(*_):
    raise KeyboardInterrupt

building._VERIFY = "import time; time.sleep(60)"
job = building.BuildJob(Path("."), (), {}, recipe(), "", print, 5.0)
signal.signal(signal.SIGALRM, interrupt)
signal.setitimer(signal.ITIMER_REAL, 0.5)
try:
    job._run_child("{}")
except KeyboardInterrupt:
    try:
        print("left:", os.waitid(os.P_ALL, 0, os.WEXITED))
    except ChildProcessError:
        print("no child")
"""


def test_an_interrupted_build_leaves_no_child() -> None:
    result = subprocess.run(
        [sys.executable, "-c", _INTERRUPTED],
        cwd=ROOT,
        env=ENVIRONMENT,
        capture_output=True,
        text=True,
        timeout=50,
    )
    assert (result.stdout, result.stderr) == ("no child\n", "")


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
