"""The stored index: build it, open it, refuse it when it no longer fits.

Two models can share a vector length and nothing else, and then search returns nonsense without any
error; so opening compares the manifest first and raises `IndexMismatch`. A build is a new
generation beside the live one, verified in a child process and published by replacing one small
file: a builder may be killed at any moment. A generation is never written again: readers open a
copy of their own, checked byte by byte on the way (`store/vectors.py` says why).

    gen-<n>-<hex>/  reports.json        the reports, so that asking never needs their files
                    passages.npy        (n, 3) report, start, end; sentences.npy likewise
                    chroma/             texts, vectors and their places, for us and for other tools;
                                        or chroma.json, which names their place on a server
                    lexical/passages/   BM25; lexical/sentences/ likewise
"""

import logging
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
from numpy.typing import NDArray

from askreport.errors import (
    IndexDamaged,
    IndexMismatch,
    IndexMissing,
    IndexUnreachable,
    ReportUnreadable,
)
from askreport.lexical import BM25
from askreport.schema import IndexInfo, Report, Span
from askreport.store import contents, generations
from askreport.store.building import BuildJob, Progress, open_vectors
from askreport.store.contents import KINDS, Kind, Positions, Recipe, Unit
from askreport.store.generations import REBUILD, Manifest

if TYPE_CHECKING:
    from langchain_core.embeddings import Embeddings

__all__ = [
    "Freshness",
    "Index",
    "Kind",
    "Progress",
    "Recipe",
    "Unit",
    "build",
    "freshness",
    "open_index",
    "stored",
]

Freshness = Literal["fresh", "stale", "damaged", "missing"]
Floats = NDArray[np.float32]

CHROMA_TIMEOUT_SECONDS = 5.0
_DIGEST_CHARS = 64
_log = logging.getLogger(__name__)


class Index:
    """An open index. All methods may be called from many threads at once.

    Positions count the units of a kind from 0. `sentence_passage[i]` is the position of the passage
    that holds the start of sentence `i` (else the one before it), shape (sentences,). Call `close`,
    or drop the last reference, which suits a server: questions on their way keep the index alive.
    """

    def __init__(
        self,
        directory: Path,
        manifest: Manifest,
        stamp: tuple[int, int] | None,
        timeout_seconds: float,
    ) -> None:
        """Use `open_index`. Raises `IndexDamaged`, `IndexUnwritable` (no room for the copy)."""
        self._store = open_vectors(directory, manifest, timeout_seconds)
        folder = self._store.folder
        self.info = _info(directory, manifest, built=False)
        self.reports = contents.load_reports(folder / "reports.json")
        places = {kind: np.load(folder / f"{kind}.npy") for kind in KINDS}
        self.passages = contents.make_units(places["passages"])
        self.sentences = contents.make_units(places["sentences"])
        self.sentence_passage = contents.passages_of_sentences(
            places["sentences"], places["passages"]
        )
        self._lexical = {kind: BM25.load(folder / "lexical" / kind) for kind in KINDS}
        self._directory = directory
        self._stamp = stamp
        self._dimension = int(manifest.recipe["dimension"])

    def text(self, unit: Unit) -> str:
        """The unit's slice of its report."""
        return self.reports[unit.report].text[unit.start : unit.end]

    def nearest(self, kind: Kind, vector: Floats, k: int) -> tuple[Positions, Floats]:
        """Positions and cosines of the `k` units nearest to `vector`, both of shape (min(k, n),).

        Best first; equal cosines (to 6 decimals) by position. Exact up to 5,000 units of a kind, by
        HNSW beyond. A zero vector is equally far from all, and so is any while the Chroma server
        that holds the vectors cannot be used (`unreachable`). `ValueError` for a vector of another
        length or with a number that is not finite.
        """
        vector = np.asarray(vector, dtype=np.float32)
        if vector.shape != (self._dimension,) or not np.isfinite(vector).all():
            raise ValueError(
                f"got a vector of shape {vector.shape}; expected {self._dimension} finite numbers"
            )
        try:
            return self._store.nearest(kind, vector, k)
        except IndexUnreachable:
            most = min(k, len(self.passages if kind == "passages" else self.sentences))
            return np.arange(most, dtype=np.int64), np.zeros(most, dtype=np.float32)

    def vectors(self, kind: Kind, positions: Sequence[int] | Positions) -> Floats:
        """Unit vectors of the units at `positions`, shape (len(positions), dimension).

        Zeros while the Chroma server that holds them cannot be used (`unreachable`).
        """
        try:
            return self._store.vectors(kind, positions)
        except IndexUnreachable:
            return np.zeros((len(positions), self._dimension), dtype=np.float32)

    @property
    def unreachable(self) -> str:
        """Why the Chroma server could not be used last time; "" if it could, or there is none."""
        return self._store.problem

    def lexical(self, kind: Kind) -> BM25:
        """Lexical scores of the units of a kind, by position."""
        return self._lexical[kind]

    def pointer_changed(self) -> bool:
        """Whether another build was published since; then open that one and drop this."""
        return generations.pointer_stamp(self._directory) not in (None, self._stamp)

    def close(self) -> None:
        """Let go of the store; search raises `ValueError` afterwards. Twice is as good as once."""
        self._store.close()


def open_index(
    directory: str | Path,
    recipe: Recipe | None = None,
    source_digests: Sequence[str] | None = None,
    timeout_seconds: float = CHROMA_TIMEOUT_SECONDS,
) -> Index:
    """Open the live generation in `directory`, every byte of it checked.

    `recipe` and `source_digests` (in any order), where given, must be those it was built with.
    `timeout_seconds` is for a call of a Chroma server; one that is down is no error (`Index`).
    Raises `IndexMissing`, `IndexMismatch`, `IndexDamaged`, `IndexUnwritable` (no room for a copy).
    """
    directory = Path(directory)
    while True:
        stamp = generations.pointer_stamp(directory)
        manifest = generations.read_pointer(directory)
        _refuse_mismatch(directory, manifest, recipe, source_digests)
        try:
            return Index(directory, manifest, stamp, timeout_seconds)
        except IndexDamaged:
            # Two builds may have been published meanwhile, and this generation removed for that.
            if generations.pointer_stamp(directory) == stamp:
                raise


def freshness(directory: str | Path, recipe: Recipe, source_digests: Sequence[str]) -> Freshness:
    """Whether `build` would have nothing to do, without reading the reports or loading Chroma.

    Raises `IndexDamaged` only for a folder that is not ours, where building is no remedy.
    """
    directory = Path(directory)
    generations.refuse_foreign(directory)
    try:
        manifest = generations.read_pointer(directory)
        _refuse_mismatch(directory, manifest, recipe, source_digests)
        generations.check_files(directory, manifest)
    except IndexMissing:
        return "missing"
    except IndexMismatch:
        return "stale"
    except IndexDamaged:
        return "damaged"
    return "fresh"


def build(
    directory: str | Path,
    reports: Sequence[Report],
    passages: Sequence[Sequence[Span]],
    embeddings: "Embeddings",
    recipe: Recipe,
    progress: Progress | None = None,
    timeout_seconds: float = CHROMA_TIMEOUT_SECONDS,
) -> IndexInfo:
    """Build the index of `reports`, unless the live one is whole and of exactly this.

    `passages` holds those of each report. `progress` gets a stage ("embed", "store", "verify"),
    what is done of it, and the whole. Until a new generation is published, the old one stays live;
    it is kept, older ones are removed. Raises `IndexBusy`, `IndexUnwritable`, `ModelUnavailable`
    (vectors of another length, or not finite), `ReportUnreadable` (no passage at all),
    `IndexDamaged` (the folder is not ours, or verification failed), `IndexUnreachable`.
    """
    directory = Path(directory)
    places = contents.make_places(reports, passages)
    if not len(places["passages"]):
        raise ReportUnreadable("The reports hold no text; expected one passage at least.")
    digest = contents.content_digest(reports, places, recipe)
    generations.refuse_foreign(directory)
    live = generations.live(directory)
    if live is None or not _is_whole(directory, live, digest, timeout_seconds):
        with generations.build_lock(directory):
            live = generations.live(directory)  # another builder may have finished meanwhile
            if live is None or not _is_whole(directory, live, digest, timeout_seconds):
                told = progress or _no_progress
                job = BuildJob(directory, reports, places, recipe, digest, told, timeout_seconds)
                return _info(directory, job.run(embeddings, live), built=True)
    return _info(directory, live, built=False)


def _no_progress(stage: str, done: int, whole: int) -> None:
    """Tell nobody."""


def _is_whole(
    directory: Path, manifest: Manifest, content_digest: str, timeout_seconds: float
) -> bool:
    if manifest.content_digest != content_digest:
        return False
    try:
        if manifest.recipe.get("chroma"):
            open_vectors(directory, manifest, timeout_seconds).close()
        else:
            generations.check_files(directory, manifest)
    except IndexDamaged as error:
        _log.warning("%s", error)
        return False
    return True


def _refuse_mismatch(
    directory: Path,
    manifest: Manifest,
    recipe: Recipe | None,
    source_digests: Sequence[str] | None,
) -> None:
    stored: dict[str, Any] = dict(manifest.packages)
    asked: dict[str, Any] = contents.package_versions()
    if recipe is not None:
        stored |= manifest.recipe
        asked |= asdict(recipe)
    if source_digests is not None:
        stored["reports"] = sorted(digest for _, digest in manifest.reports)
        asked["reports"] = sorted(source_digests)
    names = [name for name in asked if stored.get(name) != asked[name]]
    if names:
        built = ", ".join(f"{name} {_short(stored.get(name))}" for name in names)
        wanted = ", ".join(f"{name} {_short(asked[name])}" for name in names)
        raise IndexMismatch(
            f"The index in {directory} was built with {built}; now there is {wanted}. {REBUILD}"
        )


def _short(value: object) -> str:
    if isinstance(value, list):
        return f"{len(value)} ({', '.join(_short(item) for item in value[:3])})"
    text = str(value)
    return text[:12] if len(text) == _DIGEST_CHARS else text  # its beginning tells a digest


def _info(directory: Path, manifest: Manifest, *, built: bool) -> IndexInfo:
    return IndexInfo(
        directory=str(directory),
        generation=manifest.generation,
        reports=tuple(name for name, _ in manifest.reports),
        passages=manifest.passages,
        sentences=manifest.sentences,
        model=str(manifest.recipe["model"]),
        built=built,
    )


def stored(directory: str | Path) -> IndexInfo | None:
    """What the live generation holds, told by its manifest alone; `None` where there is none."""
    manifest = generations.live(Path(directory))
    return _info(Path(directory), manifest, built=False) if manifest else None
