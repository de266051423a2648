"""Vectors in Chroma: write a store once, then read a private copy of it.

Chroma 1.5.9 writes to its files when it merely reads, is unsafe for two processes, and can end the
whole process on a changed byte. So a store is written once and closed; every reader opens a copy of
its own, made while the digests are compared, and removes it in the end.

Up to `EXACT_UNITS` vectors of a kind are compared one by one: where a report repeats itself almost
word by word, HNSW misses up to a fifth of the neighbours, whatever its settings.
"""

import fcntl
import shutil
import tempfile
import time
import weakref
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, TextIO

import numpy as np
from numpy.typing import NDArray

from askreport.store.generations import Manifest, check_files, damaged

if TYPE_CHECKING:
    from chromadb.api.client import Client
    from chromadb.api.models.Collection import Collection

EXACT_UNITS = 5_000  # reading them takes 0.2 s, comparing them 1 ms
BATCH = 5_000  # Chroma refuses more than 5,461 records at a time
SPARE = 32  # more neighbours than asked for, so that equal ones can be put in order
LINK_BYTES = 1_024  # at most, per vector; a broken store has claimed terabytes
DECIMALS = 6  # float32 sums of equal vectors differ after these, by where the vector lies

HNSW = {"space": "cosine", "ef_construction": 200, "ef_search": 400, "max_neighbors": 32}
CHROMA = "chroma"  # the part of a generation that is Chroma's
_COPY_PREFIX = "askreport-index-"
_ABANDONED_SECONDS = 60  # younger copies may not be locked yet

Floats = NDArray[np.float32]
Positions = NDArray[np.int64]


@dataclass(frozen=True)
class Records:
    """Units of one kind in order: texts, unit vectors of shape (n, dimension), metadata."""

    texts: Sequence[str]
    vectors: Floats
    metadata: Sequence[Mapping[str, str | int]]


def unit_length(vectors: Floats) -> Floats:
    """Vectors scaled to length 1 along the last axis; zeros stay zeros."""
    norms = np.linalg.norm(vectors, axis=-1, keepdims=True)
    return np.asarray(vectors / np.where(norms > 0, norms, 1), dtype=np.float32)


def write_store(folder: Path, kinds: Mapping[str, Records], advance: Callable[[int], None]) -> None:
    """Write a new store with one collection per kind; ids are positions. `advance` gets counts.

    Raises `OSError`, Chroma's errors, and `IndexDamaged` where Chroma left a file of absurd size.
    """
    client = _client(folder)
    try:
        for kind, records in kinds.items():
            _write_collection(client, kind, records, advance)
    finally:
        client.close()
    count = sum(len(records.texts) for records in kinds.values())
    for links in folder.rglob("link_lists.bin"):
        if links.stat().st_size > LINK_BYTES * count:
            raise damaged(folder, f"{links.name} has {links.stat().st_size} bytes")


def _write_collection(
    client: "Client", kind: str, records: Records, advance: Callable[[int], None]
) -> None:
    count = len(records.texts)
    batches = np.array_split(np.arange(count), max(1, -(-count // BATCH)))
    # Vectors not yet synced are read from a log on every opening, so every batch ends in a sync.
    sync = max(2, min(len(batch) for batch in batches))
    hnsw: Any = {**HNSW, "sync_threshold": sync, "batch_size": min(100, sync)}
    collection = client.create_collection(
        kind, embedding_function=None, configuration={"hnsw": hnsw}
    )
    for batch in batches:
        if len(batch):
            first, end = int(batch[0]), int(batch[-1]) + 1
            collection.upsert(
                ids=[str(position) for position in range(first, end)],
                embeddings=records.vectors[first:end],
                documents=list(records.texts[first:end]),
                metadatas=[dict(values) for values in records.metadata[first:end]],
            )
            advance(len(batch))


def _client(folder: Path) -> "Client":
    import chromadb
    from chromadb.api.client import Client
    from chromadb.config import Settings

    settings = Settings(_env_file=None, allow_reset=False, anonymized_telemetry=False)  # type: ignore[call-arg]
    client = chromadb.PersistentClient(str(folder), settings=settings)
    assert isinstance(client, Client)  # the interface alone has no close()
    return client


class PrivateFolder:
    """A folder of this process alone, removed by `remove`, at exit, or by the next process.

    The lock tells the folders of living processes from those of killed ones.
    """

    def __init__(self) -> None:
        _remove_abandoned(Path(tempfile.gettempdir()))
        self.path = Path(tempfile.mkdtemp(prefix=_COPY_PREFIX))
        self._lock = (self.path / ".lock").open("w")
        fcntl.flock(self._lock, fcntl.LOCK_EX)
        self._finalizer = weakref.finalize(self, _remove_copy, self.path, self._lock)

    def remove(self) -> None:
        """Remove the folder with all it holds; a second call does nothing."""
        self._finalizer()


def _remove_copy(path: Path, lock: TextIO) -> None:
    shutil.rmtree(path, ignore_errors=True)
    lock.close()


def _remove_abandoned(parent: Path) -> None:
    for lock in parent.glob(f"{_COPY_PREFIX}*/.lock"):
        try:
            if time.time() - lock.stat().st_mtime < _ABANDONED_SECONDS:
                continue
            with lock.open("r+") as handle:
                fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
                shutil.rmtree(lock.parent, ignore_errors=True)
        except OSError:
            continue  # in use, another user's, or being removed by someone else


class VectorStore:
    """A store opened in a private copy of its generation, `folder`, for many threads at once.

    Call `close`, or drop the last reference: both end the client and remove the copy.
    """

    problem = ""  # files are always there; a server may not be (`ServedStore`)

    def __init__(self, copy: PrivateFolder, sizes: Mapping[str, int], dimension: int) -> None:
        client = _client(copy.path / CHROMA)
        self.folder = copy.path
        self._finalizer = weakref.finalize(self, _release, client, copy)
        self._sizes = dict(sizes)
        self._dimension = dimension
        self._collections = {
            kind: client.get_collection(kind, embedding_function=None) for kind in sizes
        }
        self._exact = {
            kind: self._read(kind, None) for kind, size in sizes.items() if size <= EXACT_UNITS
        }

    def close(self) -> None:
        """End the client and remove the copy; a second call does nothing."""
        self._finalizer()

    def count(self, kind: str) -> int:
        """Records that Chroma holds."""
        return self._collection(kind).count()

    def texts(self, kind: str) -> list[str]:
        """Documents that Chroma holds, by position."""
        found = self._collection(kind).get(include=["documents"])
        by_id = dict(zip(found["ids"], found["documents"] or [], strict=True))
        return [by_id[str(position)] for position in range(self._sizes[kind])]

    def nearest(self, kind: str, vector: Floats, k: int) -> tuple[Positions, Floats]:
        """Positions and cosines of the `k` nearest units, best first, equal ones by position."""
        k = min(k, self._sizes[kind])
        collection = self._collection(kind)
        query = unit_length(vector)
        if k <= 0 or not query.any():
            return np.arange(max(k, 0)), np.zeros(max(k, 0), dtype=np.float32)
        if kind in self._exact:
            vectors = self._exact[kind]
            return best(np.arange(len(vectors)), vectors @ query, k)
        return self._search(collection, query, min(k + SPARE, self._sizes[kind]), k)

    def search(self, kind: str, vector: Floats, k: int) -> tuple[Positions, Floats]:
        """As `nearest`, but always by Chroma's HNSW."""
        return self._search(self._collection(kind), unit_length(vector), k, k)

    def vectors(self, kind: str, positions: Sequence[int] | Positions) -> Floats:
        """Unit vectors at `positions`, shape (n, dimension)."""
        if kind in self._exact:
            return self._exact[kind][np.asarray(positions, dtype=np.int64)]
        wanted, places = np.unique(np.asarray(positions, dtype=np.int64), return_inverse=True)
        return self._read(kind, [str(position) for position in wanted])[places]

    def _collection(self, kind: str) -> "Collection":
        if not self._finalizer.alive:
            raise ValueError("the index was closed; open it again")
        return self._collections[kind]

    @staticmethod
    def _search(
        collection: "Collection", query: Floats, wanted: int, k: int
    ) -> tuple[Positions, Floats]:
        vectors: Any = [query]
        found: Any = collection.query(
            query_embeddings=vectors, n_results=wanted, include=["distances"]
        )
        positions = np.array([int(name) for name in found["ids"][0]], dtype=np.int64)
        return best(positions, 1 - np.asarray(found["distances"][0], dtype=np.float32), k)

    def _read(self, kind: str, ids: list[str] | None) -> Floats:
        """Vectors in the order of their positions; of all units where `ids` is `None`."""
        if self._sizes[kind] == 0 or ids == []:
            return np.zeros((0, self._dimension), dtype=np.float32)
        found: Any = self._collection(kind).get(ids=ids, include=["embeddings"])
        order = np.argsort(np.array([int(name) for name in found["ids"]], dtype=np.int64))
        return np.asarray(found["embeddings"], dtype=np.float32)[order]


def open_store(directory: Path, manifest: Manifest) -> VectorStore:
    """Check every file of a generation and open its vectors.

    Raises `IndexDamaged`, `IndexUnwritable` (no room for the copy).
    """
    from chromadb.errors import ChromaError

    copy = PrivateFolder()
    sizes = {"passages": manifest.passages, "sentences": manifest.sentences}
    try:
        check_files(directory, manifest, copy.path)
        return VectorStore(copy, sizes, int(manifest.recipe["dimension"]))
    except (ChromaError, ValueError) as error:
        copy.remove()
        raise damaged(directory, f"Chroma cannot open it ({error})") from error
    except BaseException:  # whatever ends this, nobody else knows of the copy
        copy.remove()
        raise


def _release(client: "Client", copy: PrivateFolder) -> None:
    client.close()
    copy.remove()


def best(positions: NDArray[Any], cosine: Floats, k: int) -> tuple[Positions, Floats]:
    rounded = np.round(cosine, DECIMALS).astype(np.float32)
    order = np.lexsort((positions, -rounded))[:k]
    return positions[order].astype(np.int64), rounded[order]
