"""Build one generation: embed, write, verify in a child process, publish.

Whatever goes wrong on the way, the live generation stays as it is, and the unfinished one is
removed here or, after a kill, by the next build.
"""

import json
import os
import subprocess
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from askreport.errors import ModelUnavailable
from askreport.lexical import BM25
from askreport.schema import Report
from askreport.store import contents, generations
from askreport.store.contents import KINDS, Kind, Positions, Recipe
from askreport.store.generations import Manifest, damaged
from askreport.store.served import ServedStore, forget, open_served, write_served
from askreport.store.vectors import (
    CHROMA,
    EXACT_UNITS,
    PrivateFolder,
    Records,
    VectorStore,
    open_store,
    unit_length,
    write_store,
)

if TYPE_CHECKING:
    from langchain_core.embeddings import Embeddings

Progress = Callable[[str, int, int], None]
Floats = NDArray[np.float32]

EMBED_BATCH = 32  # passages, with their sentences, between two signs of progress
PROBES = 1_000  # units, at most, that verification looks up by their own vectors
FOUND_SHARE = 0.95  # of them that HNSW must find; lost updates and torn files cost far more
VERIFY_TIMEOUT_SECONDS = 600

_VERIFY = "import sys; from askreport.store.building import verify; verify(sys.stdin.read())"


@dataclass(frozen=True)
class BuildJob:
    """One build, under the lock."""

    directory: Path
    reports: Sequence[Report]
    places: Mapping[Kind, Positions]
    recipe: Recipe
    digest: str
    progress: Progress
    timeout_seconds: float

    def run(self, embeddings: "Embeddings", live: Manifest | None) -> Manifest:
        """Embed, write, verify, publish; remove all generations but the new and the live one."""
        from chromadb.errors import ChromaError

        records = self._records(embeddings)
        before = {live.generation} if live else set()
        with generations.writing(self.directory, ChromaError):
            if live or not generations.has_pointer(self.directory):
                self._remove(generations.generations_but(self.directory, keep=before))
            folder = generations.new_generation(self.directory, self.digest)
            try:
                self._write(folder, records)
                manifest = self._manifest(folder)
                self._verify(manifest, records)
                generations.publish(self.directory, manifest)
            except BaseException:  # an interrupt, too, leaves nothing unfinished
                published = generations.live(self.directory)
                if published is None or published.generation != folder.name:
                    self._remove([folder])
                raise
        self._remove(generations.generations_but(self.directory, keep={*before, folder.name}))
        return manifest

    def _remove(self, folders: Sequence[Path]) -> None:
        """Remove generations; from a Chroma server first, or nobody would know its collections."""
        for folder in folders:
            if forget(folder, self.timeout_seconds):
                generations.remove_generation(folder)

    def _records(self, embeddings: "Embeddings") -> dict[str, Records]:
        texts = {kind: contents.texts_of(self.reports, rows) for kind, rows in self.places.items()}
        vectors = {
            kind: np.zeros((len(rows), self.recipe.dimension), dtype=np.float32)
            for kind, rows in self.places.items()
        }
        total, done = sum(len(rows) for rows in self.places.values()), 0
        homes = contents.passages_of_sentences(self.places["sentences"], self.places["passages"])
        order = np.argsort(homes, kind="stable")
        bounds = np.searchsorted(homes[order], np.arange(len(self.places["passages"]) + 1))
        for batch in np.array_split(np.arange(len(bounds) - 1), -(-len(bounds) // EMBED_BATCH)):
            own = [order[bounds[passage] : bounds[passage + 1]] for passage in batch]
            held = np.concatenate([np.empty(0, np.int64), *own])
            vectors["passages"][batch], vectors["sentences"][held] = self._embed(
                embeddings,
                [texts["passages"][passage] for passage in batch],
                [texts["sentences"][sentence] for sentence in held],
                [self._places_in(p, s) for p, s in zip(batch, own, strict=True)],
            )
            done += len(batch) + len(held)
            self.progress("embed", done, total)
        return {
            kind: Records(
                texts[kind], unit_length(vectors[kind]), contents.metadata(self.reports, rows)
            )
            for kind, rows in self.places.items()
        }

    def _places_in(self, passage: int, sentences: Positions) -> list[tuple[int, int]]:
        start = self.places["passages"][passage, 1]
        rows = self.places["sentences"][sentences, 1:] - start
        return [(int(begin), int(end)) for begin, end in rows]

    def _embed(
        self,
        embeddings: "Embeddings",
        passages: list[str],
        sentences: list[str],
        places: list[list[tuple[int, int]]],
    ) -> tuple[Floats, Floats]:
        from askreport.embedding import embed_with_sentences

        found = embed_with_sentences(embeddings, passages, sentences, places)
        for vectors, texts in zip(found, (passages, sentences), strict=True):
            expected = (len(texts), self.recipe.dimension)
            if vectors.shape != expected or not np.isfinite(vectors).all():
                raise ModelUnavailable(
                    f"Embedding model {self.recipe.model!r} gave vectors of shape {vectors.shape},"
                    f" or not finite; expected {expected}. Choose another model."
                )
        return found

    def _write(self, folder: Path, records: Mapping[str, Records]) -> None:
        total, done = sum(len(rows) for rows in self.places.values()), 0

        def advance(count: int) -> None:
            nonlocal done
            done += count
            self.progress("store", done, total)

        (folder / "reports.json").write_text(contents.dump_reports(self.reports), encoding="ascii")
        for kind, rows in self.places.items():
            np.save(folder / f"{kind}.npy", rows)
            BM25.build(records[kind].texts).save(folder / "lexical" / kind)
        if address := self.recipe.chroma:
            write_served(folder, address, records, advance, self.timeout_seconds)
        else:
            write_store(folder / CHROMA, records, advance)

    def _manifest(self, folder: Path) -> Manifest:
        return Manifest(
            generation=folder.name,
            content_digest=self.digest,
            reports=[[report.name, report.source_digest] for report in self.reports],
            recipe=asdict(self.recipe),
            packages=contents.package_versions(),
            passages=len(self.places["passages"]),
            sentences=len(self.places["sentences"]),
            files=generations.list_files(folder),
        )

    def _verify(self, manifest: Manifest, records: Mapping[str, Records]) -> None:
        """Let a child process open and search the new generation: Chroma may end its process."""
        self.progress("verify", 0, 1)
        probes = PrivateFolder()
        try:
            for kind, values in records.items():
                _save_probes(probes.path / f"{kind}.npz", values.vectors)
            job = {
                "directory": str(self.directory),
                "probes": str(probes.path),
                "manifest": manifest.to_json(),
                "timeout_seconds": self.timeout_seconds,
            }
            child = self._run_child(json.dumps(job))
        finally:
            probes.remove()
        if child.returncode:
            reason = (child.stderr.strip().splitlines() or [f"exit {child.returncode}"])[-1]
            raise damaged(self.directory, f"the new generation failed verification ({reason})")
        self.progress("verify", 1, 1)

    def _run_child(self, job: str) -> "subprocess.CompletedProcess[str]":
        with subprocess.Popen(
            [sys.executable, "-P", "-c", _VERIFY],
            stdin=subprocess.PIPE,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            env={**os.environ, "PYTHONPATH": os.pathsep.join(_import_path())},
            encoding="utf-8",
        ) as child:
            try:
                _, told = child.communicate(job, timeout=VERIFY_TIMEOUT_SECONDS)
            except BaseException as error:  # an interrupt above all
                child.kill()
                child.wait()  # `with` would leave it to others after a KeyboardInterrupt
                if isinstance(error, subprocess.TimeoutExpired):
                    message = "verifying the new generation took too long"
                    raise damaged(self.directory, message) from error
                raise
        return subprocess.CompletedProcess(child.args, child.returncode, "", told)


def verify(job_json: str) -> None:
    """Check a generation before it is published; meant for a process of its own.

    Raises `IndexDamaged` for a unit that is missing, altered, or not found by its own vector.
    """
    job = json.loads(job_json)
    directory = Path(job["directory"])
    manifest = Manifest.from_json(job["manifest"], directory)
    store = open_vectors(directory, manifest, job["timeout_seconds"])
    folder = store.folder
    reports = contents.load_reports(folder / "reports.json")
    for kind in KINDS:
        texts = contents.texts_of(reports, np.load(folder / f"{kind}.npy"))
        with np.load(Path(job["probes"], f"{kind}.npz")) as probes:
            problem = _find_problem(store, kind, texts, probes["positions"], probes["vectors"])
        if problem:
            raise damaged(directory, f"{kind}: {problem}")
    store.close()


def open_vectors(
    directory: Path, manifest: Manifest, timeout_seconds: float
) -> VectorStore | ServedStore:
    """Open the vectors of a generation where its recipe says that they are.

    Raises `IndexDamaged`, `IndexUnwritable` (no room for the copy).
    """
    if manifest.recipe.get("chroma"):
        return open_served(directory, manifest, timeout_seconds)
    return open_store(directory, manifest)


def _find_problem(
    store: VectorStore | ServedStore,
    kind: Kind,
    texts: Sequence[str],
    positions: Positions,
    vectors: Floats,
) -> str | None:
    if store.count(kind) != len(texts):
        return f"{store.count(kind)} records, {len(texts)} expected"
    if store.texts(kind) != texts:
        return "texts differ"
    if not np.allclose(store.vectors(kind, positions), vectors, atol=1e-5):
        return "vectors differ"
    search = store.nearest if len(texts) <= EXACT_UNITS else store.search
    probed = [vector for vector in vectors if vector.any()]
    found = sum(float(search(kind, vector, 1)[1][0]) > 1 - 1e-4 for vector in probed)
    if found < FOUND_SHARE * len(probed):
        return f"{found} of {len(probed)} units found by their own vectors"
    return None


def _save_probes(path: Path, vectors: Floats) -> None:
    positions = np.arange(0, len(vectors), max(10, len(vectors) // PROBES), dtype=np.int64)
    np.savez(path, positions=positions, vectors=vectors[positions])


def _import_path() -> list[str]:
    """Where a child finds this package, then everything else that this process could import."""
    return [str(Path(__file__).resolve().parents[1]), *(path for path in sys.path if path)]
