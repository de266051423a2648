"""Files of the index folder: the pointer with its manifest, generations, digests, the build lock.

    CURRENT.json   the manifest of the live generation; replaced in one step, never edited
    gen-<n>-<hex>  one build, published once and never written again
    .lock          held by the one process that builds

Only `index.py` uses this. Whatever is in the folder and not of these names is left alone.
"""

import errno
import fcntl
import hashlib
import json
import logging
import os
import re
import shutil
import stat
from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from io import BufferedIOBase
from pathlib import Path
from typing import Any

from askreport.errors import (
    IndexBusy,
    IndexDamaged,
    IndexMismatch,
    IndexMissing,
    IndexUnwritable,
)

FORMAT = 2  # raise it when the files of a generation change their meaning
POINTER = "CURRENT.json"
LOCK = ".lock"
REBUILD = "Rebuild: askreport index"

_NEW_POINTER = "CURRENT.tmp"
_OURS = {POINTER, _NEW_POINTER, LOCK, "README.md"}
_GENERATION = re.compile(r"gen-(\d{1,9})-[0-9a-f]{8}")
_BLOCK_BYTES = 1 << 20
_log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Manifest:
    """What a generation holds and was built with.

    `files` maps the path of every file, relative to the generation, to (size in bytes, SHA-256).
    `content_digest` covers reports, passages, recipe, format and packages: equal digests, equal
    indexes.
    """

    generation: str
    content_digest: str
    reports: Sequence[Sequence[str]]  # name and SHA-256 of each file
    recipe: Mapping[str, str | int]
    packages: Mapping[str, str]
    passages: int
    sentences: int
    files: Mapping[str, tuple[int, str]]

    def to_json(self) -> str:
        """The manifest as JSON text, with the format and a digest of itself."""
        values = {"format": FORMAT, **asdict(self)}
        return json.dumps({"digest": _digest_of(values), **values}, indent=1)

    @classmethod
    def from_json(cls, text: str | bytes, place: Path) -> "Manifest":
        """Read what `to_json` wrote; `place` names the index folder in messages.

        Raises `IndexDamaged` where a character changed, `IndexMismatch` for another format.
        """
        try:
            values = json.loads(text)
            if values.pop("digest") != _digest_of(values):
                raise ValueError("its digest does not fit")
            stored_format = values.pop("format")
        except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
            raise damaged(place, f"{POINTER} is not readable") from error
        if stored_format != FORMAT:
            raise IndexMismatch(
                f"The index in {place} has format {stored_format}, this version of askreport reads"
                f" format {FORMAT}. {REBUILD}"
            )
        return cls._from_values(values, place)

    @classmethod
    def _from_values(cls, values: dict[str, Any], place: Path) -> "Manifest":
        try:
            values["files"] = {path: (size, sha) for path, (size, sha) in values["files"].items()}
            manifest = cls(**values)
        except (KeyError, TypeError, ValueError, AttributeError) as error:
            raise damaged(place, f"{POINTER} lacks a field") from error
        if not _GENERATION.fullmatch(manifest.generation):
            raise damaged(place, f"{POINTER} names the folder {manifest.generation!r}")
        return manifest


def damaged(place: Path, reason: str) -> IndexDamaged:
    """The error for files that are not as they were written."""
    return IndexDamaged(f"The index in {place} is damaged: {reason}. {REBUILD}")


def _digest_of(values: Any) -> str:
    text = json.dumps(values, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(text.encode("ascii")).hexdigest()


def read_pointer(directory: Path) -> Manifest:
    """Manifest of the live generation.

    Raises `IndexMissing`, `IndexDamaged` (also for a folder that is not ours), `IndexMismatch`.
    """
    try:
        with _plain_file(directory / POINTER) as source:
            text = source.read()
    except FileNotFoundError as error:
        refuse_foreign(directory)
        raise IndexMissing(f"No index in {directory}. Build it with: askreport index") from error
    except NotADirectoryError as error:
        raise _not_ours(directory, "it is a file") from error
    except OSError as error:
        raise damaged(directory, f"{POINTER} cannot be read ({error.strerror})") from error
    return Manifest.from_json(text, directory)


def _plain_file(path: Path) -> BufferedIOBase:
    """Open a file to read; a link or a pipe, which may have no end, is an `OSError`."""
    handle = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK)
    if not stat.S_ISREG(os.fstat(handle).st_mode):
        os.close(handle)
        raise OSError(errno.EINVAL, "not a plain file")
    return os.fdopen(handle, "rb")


def live(directory: Path) -> Manifest | None:
    """Manifest of the live generation; `None` where there is none that this version can read."""
    try:
        return read_pointer(directory)
    except (IndexMissing, IndexMismatch, IndexDamaged) as error:
        _log.info("no index to keep: %s", error)
        return None


def has_pointer(directory: Path) -> bool:
    """Whether there is a pointer, readable or not."""
    return (directory / POINTER).exists()


def pointer_stamp(directory: Path) -> tuple[int, int] | None:
    """What changes when the pointer is replaced (time in ns, inode); `None` while there is none."""
    try:
        status = (directory / POINTER).stat()
    except OSError:
        return None
    return status.st_mtime_ns, status.st_ino


def refuse_foreign(directory: Path) -> None:
    """Raise `IndexDamaged` for a folder that holds other things and no sign of an index of ours."""
    if not directory.is_dir():
        return
    try:
        names = sorted(entry.name for entry in directory.iterdir())
    except OSError as error:
        raise _not_ours(directory, f"it cannot be read ({error.strerror})") from error
    if any(name in {POINTER, LOCK} or _GENERATION.fullmatch(name) for name in names):
        return
    foreign = [name for name in names if name not in _OURS and not name.startswith(".")]
    if foreign:
        raise _not_ours(directory, f"it holds {foreign[0]!r}")


def _not_ours(directory: Path, reason: str) -> IndexDamaged:
    return IndexDamaged(
        f"{directory} is not an askreport index: {reason}; choose another folder with --index-dir."
    )


@contextmanager
def build_lock(directory: Path) -> Iterator[None]:
    """Hold the right to build in `directory`, which is made. Raises `IndexBusy`, `IndexUnwritable`.

    The lock ends with the process, however that ends; the file stays.
    """
    with writing(directory):
        directory.mkdir(parents=True, exist_ok=True)
        handle = (directory / LOCK).open("a")
    with handle:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            raise IndexBusy(
                f"Another process is building the index in {directory}; wait until it is done, then"
                " run the command again."
            ) from error
        yield


@contextmanager
def writing(directory: Path, *others: type[Exception]) -> Iterator[None]:
    """Turn an `OSError`, or one of `others`, into `IndexUnwritable`."""
    caught: tuple[type[Exception], ...] = (OSError, *others)
    try:
        yield
    except caught as error:
        reason = getattr(error, "strerror", None) or str(error) or type(error).__name__
        raise IndexUnwritable(
            f"The index in {directory} cannot be written ({' '.join(reason.split())}); one built"
            " before is untouched. Free space or choose another folder with --index-dir, then:"
            " askreport index"
        ) from error


def new_generation(directory: Path, content_digest: str) -> Path:
    """Make the folder of the next generation. The newest has the highest number."""
    matches = (_GENERATION.fullmatch(entry.name) for entry in directory.iterdir())
    number = 1 + max((int(match[1]) for match in matches if match), default=0)
    folder = directory / f"gen-{number}-{content_digest[:8]}"
    folder.mkdir()
    return folder


def generations_but(directory: Path, keep: Collection[str]) -> list[Path]:
    """Folders of the generations not named in `keep`."""
    return [
        entry
        for entry in sorted(directory.iterdir())
        if _GENERATION.fullmatch(entry.name)
        and entry.is_dir()
        and not entry.is_symlink()
        and entry.name not in keep
    ]


def remove_generation(folder: Path) -> None:
    """Remove one generation; where it resists, that is logged and the next build tries again."""
    try:
        shutil.rmtree(folder)
    except OSError as error:
        _log.warning("left over: %s cannot be removed (%s)", folder, error.strerror)


def list_files(folder: Path) -> dict[str, tuple[int, str]]:
    """Size and SHA-256 of every file below `folder`, by relative path in order."""
    files: dict[str, tuple[int, str]] = {}
    for path in sorted(path for path in folder.rglob("*") if path.is_file()):
        with path.open("rb") as source:
            files[path.relative_to(folder).as_posix()] = (path.stat().st_size, _digest(source))
    return files


def check_files(directory: Path, manifest: Manifest, copy_to: Path | None = None) -> None:
    """Compare the files of a generation with its manifest, and copy them on the way.

    What is copied is what was compared: a change in between cannot slip through. Raises
    `IndexDamaged` with the first file that differs, `IndexUnwritable` where the copy fails.
    """
    for name, (size, sha256) in manifest.files.items():
        path = directory / manifest.generation / name
        try:
            stored = path.lstat().st_size
            if stored != size:
                raise damaged(directory, f"{path.name} has {stored} bytes, {size} expected")
            with _plain_file(path) as source:
                digest = _copy(source, copy_to / name) if copy_to else _digest(source)
        except FileNotFoundError as error:
            raise damaged(directory, f"{path.name} is missing") from error
        except OSError as error:
            raise damaged(directory, f"{path.name} cannot be read ({error.strerror})") from error
        if digest != sha256:
            raise damaged(directory, f"{path.name} has changed")


def _copy(source: BufferedIOBase, target: Path) -> str:
    """Copy `source` to `target`; SHA-256 of the copy."""
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        with target.open("w+b") as copy:
            shutil.copyfileobj(source, copy, _BLOCK_BYTES)
            copy.seek(0)
            return _digest(copy)
    except OSError as error:
        raise IndexUnwritable(
            f"No working copy of the index could be written to {target.parent} ({error.strerror});"
            " free space there, or name another folder in TMPDIR."
        ) from error


def _digest(source: BufferedIOBase) -> str:
    return hashlib.file_digest(source, "sha256").hexdigest()


def publish(directory: Path, manifest: Manifest) -> None:
    """Make the generation of `manifest` the live one, after it is on the disk for good.

    A reader sees the old pointer or the new one, whenever the power fails. Raises `OSError`.
    """
    for root, _, names in os.walk(directory / manifest.generation, topdown=False):
        for name in names:
            _sync(Path(root, name))
        _sync(Path(root))
    pointer = directory / _NEW_POINTER
    pointer.write_text(manifest.to_json(), encoding="utf-8")
    _sync(pointer)
    _sync(directory)
    pointer.replace(directory / POINTER)
    _sync(directory)


def _sync(path: Path) -> None:
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
