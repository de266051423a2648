"""Vectors in a Chroma server: two collections per build, named in the generation's `chroma.json`.

    {"address": "http://host:8000", "collections": {kind: name}}

Beside it, `probes.npz` keeps some of the vectors, by which a collection that was changed is found.

The pointer in our folder moves from build to build as it does without a server; a collection is
never written again once it is published. Calls go over Chroma's HTTP API by a client of ours, since
chromadb's own waits without end for a server that stalls, and loads code that a collection names.
Every call has a deadline. A server may come and go: search raises `IndexUnreachable` meanwhile, and
asks again `RETRY_SECONDS` after a failure.

A server has no login. Where a proxy before it wants a token, that is in the variable CHROMA_TOKEN.
"""

import json
import logging
import os
import secrets
import threading
import time
import weakref
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, TypeVar
from urllib.parse import quote

import numpy as np

from askreport.errors import IndexUnreachable
from askreport.store.generations import Manifest, check_files, damaged
from askreport.store.vectors import (
    EXACT_UNITS,
    HNSW,
    SPARE,
    Floats,
    Positions,
    PrivateFolder,
    Records,
    best,
    unit_length,
)

TOKEN_VARIABLE = "CHROMA_TOKEN"  # noqa: S105  the name of a variable
PLACE = "chroma.json"
PROBES = "probes.npz"
MOST_PROBES = 300
TOLERANCE = 1e-5  # a server may scale vectors to length 1 once more
RETRY_SECONDS = 10.0
BUILD_SECONDS = 60.0  # a call that writes
BATCH = 500  # records of 512 numbers are some 5 MB of JSON
ANSWER_BYTES = 1 << 30
_COLLECTIONS = "/api/v2/tenants/default_tenant/databases/default_database/collections"
T = TypeVar("T")
_log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Place:
    """Where the vectors of a generation are: a collection for each kind of unit."""

    address: str
    collections: Mapping[str, str]

    @classmethod
    def of(cls, folder: Path) -> "Place":
        """What a generation's folder says."""
        return cls(**json.loads((folder / PLACE).read_text(encoding="utf-8")))


class Server:
    """Chroma's HTTP API at one address. A failure is an `IndexUnreachable` before the deadline."""

    def __init__(self, address: str, timeout_seconds: float) -> None:
        self.address = address.rstrip("/")
        self._timeout_seconds = timeout_seconds
        self._ids: dict[str, str] = {}

    def create(self, name: str) -> None:
        """Make a collection, empty."""
        configuration = {"hnsw": HNSW}
        body = {"name": name, "configuration": configuration, "get_or_create": False}
        self._call("POST", "", body, BUILD_SECONDS)

    def delete(self, name: str) -> None:
        """Delete a collection if it is there."""
        self._call("DELETE", f"/{quote(name)}", missing=True)

    def has(self, name: str) -> bool:
        """Whether there is such a collection."""
        return self._call("GET", f"/{quote(name)}", missing=True) is not None

    def count(self, name: str) -> int:
        """Records of a collection."""
        return _in_our_words(lambda: int(self._call("GET", f"/{self._id(name)}/count")), self)

    def call(self, name: str, action: str, body: Mapping[str, Any], seconds: float = 0) -> Any:
        """Do `action` (query, get, upsert) with a collection; `seconds` if not the usual time."""
        return self._call("POST", f"/{self._id(name)}/{action}", body, seconds)

    def _id(self, name: str) -> str:
        if name not in self._ids:
            self._ids[name] = _in_our_words(
                lambda: str(self._call("GET", f"/{quote(name)}")["id"]), self
            )
        return self._ids[name]

    def _call(
        self,
        method: str,
        path: str,
        body: Mapping[str, Any] | None = None,
        seconds: float = 0,
        *,
        missing: bool = False,
    ) -> Any:
        """The JSON of the answer; with `missing`, `None` for what is not there."""
        import httpx

        seconds = max(seconds, self._timeout_seconds)
        try:
            status, content = self._exchange(method, path, body, seconds)
            if status == httpx.codes.NOT_FOUND and missing:
                return None
            if status >= httpx.codes.BAD_REQUEST:
                raise self.unreachable(f"it answers with status {status}")
            return json.loads(content) if content else None
        except (httpx.HTTPError, httpx.InvalidURL, ValueError, RecursionError) as error:
            reason = str(error).strip() or type(error).__name__
            raise self.unreachable(" ".join(reason.split())[:200]) from error

    def _exchange(
        self, method: str, path: str, body: Mapping[str, Any] | None, seconds: float
    ) -> tuple[int, bytes]:
        import httpx

        deadline = time.monotonic() + seconds
        token = os.environ.get(TOKEN_VARIABLE, "")
        headers = {"Authorization": f"Bearer {token}"} if token else {}
        address = f"{self.address}{_COLLECTIONS}{path}"
        # `trust_env` off: a proxy of the environment is not meant for a store.
        client = httpx.Client(timeout=seconds, headers=headers, trust_env=False)
        with client, client.stream(method, address, json=body) as answer:
            content = bytearray()
            for part in answer.iter_bytes():
                content += part
                if time.monotonic() > deadline or len(content) > ANSWER_BYTES:
                    raise httpx.ReadTimeout("its answer takes too long")
            return answer.status_code, bytes(content)

    def unreachable(self, reason: str) -> IndexUnreachable:
        """The error for a server that cannot be used."""
        return IndexUnreachable(
            f"The Chroma server at {self.address} cannot be used ({reason}); start it, or set"
            " index.chroma to another one or to nothing."
        )


class ServedStore:
    """The two collections of a generation, on a server. Threads may share it.

    Up to `EXACT_UNITS` vectors of a kind are fetched once and searched here one by one, as in
    `VectorStore`. `problem` says why the last call failed, "" if it did not.
    """

    def __init__(
        self, copy: PrivateFolder, sizes: Mapping[str, int], dimension: int, timeout_seconds: float
    ) -> None:
        self.folder = copy.path
        self.problem = ""
        self._finalizer = weakref.finalize(self, copy.remove)
        self._place = Place.of(copy.path)
        self._server = Server(self._place.address, timeout_seconds)
        self._sizes = dict(sizes)
        self._dimension = dimension
        self._exact: dict[str, Floats] = {}
        self._loading = threading.Lock()
        self._retry_at = 0.0

    def close(self) -> None:
        """Remove the copy of the local files; a second call does nothing."""
        self._finalizer()

    def check(self) -> str:
        """What is wrong with the collections, "" for nothing. Raises `IndexUnreachable`."""
        for kind, size in self._sizes.items():
            name = self._place.collections[kind]
            if not self._server.has(name):
                return f"the Chroma server at {self._place.address} has no collection {name}"
            if (count := self._server.count(name)) != size:
                return f"collection {name} has {count} records, {size} expected"
            if size <= EXACT_UNITS and kind not in self._exact:
                self._exact[kind] = self._read(kind, None)
            if not self._holds_probes(kind):
                return f"the vectors of collection {name} have changed"
        return ""

    def _holds_probes(self, kind: str) -> bool:
        with np.load(self.folder / PROBES) as probes:
            at, expected = probes[f"{kind}-at"], probes[kind]
        if kind in self._exact:
            found = self._exact[kind][at]
        else:
            found = self._read(kind, [str(position) for position in at])
        return bool(np.allclose(found, expected, atol=TOLERANCE))

    def count(self, kind: str) -> int:
        """Records that the server holds."""
        return self._server.count(self._place.collections[kind])

    def texts(self, kind: str) -> list[str]:
        """Documents that the server holds, by position."""
        ids = [str(position) for position in range(self._sizes[kind])]

        def read() -> list[str]:
            found = self._get(kind, ids, "documents")
            return [found[name] for name in ids]

        return self.attempt(read)

    def nearest(self, kind: str, vector: Floats, k: int) -> tuple[Positions, Floats]:
        """As `VectorStore.nearest`. Raises `IndexUnreachable`."""
        k = min(k, self._sizes[kind])
        query = unit_length(vector)
        if k <= 0 or not query.any():
            return np.arange(max(k, 0)), np.zeros(max(k, 0), dtype=np.float32)
        vectors = self._exact_vectors(kind)
        if vectors is not None:
            return best(np.arange(len(vectors)), vectors @ query, k)
        wanted = min(k + SPARE, self._sizes[kind])
        return self.attempt(lambda: self._search(kind, query, wanted, k))

    def search(self, kind: str, vector: Floats, k: int) -> tuple[Positions, Floats]:
        """As `nearest`, but always by the server's HNSW."""
        return self.attempt(lambda: self._search(kind, unit_length(vector), k, k))

    def vectors(self, kind: str, positions: Sequence[int] | Positions) -> Floats:
        """Unit vectors at `positions`, shape (n, dimension). Raises `IndexUnreachable`."""
        places = np.asarray(positions, dtype=np.int64)
        vectors = self._exact_vectors(kind)
        if vectors is not None:
            return vectors[places]
        wanted, back = np.unique(places, return_inverse=True)
        return self.attempt(lambda: self._read(kind, [str(one) for one in wanted]))[back]

    def _exact_vectors(self, kind: str) -> Floats | None:
        if self._sizes[kind] > EXACT_UNITS:
            return None
        with self._loading:
            if kind not in self._exact and (problem := self.attempt(self.check)):
                raise IndexUnreachable(problem)
            return self._exact[kind]

    def attempt(self, call: Callable[[], T]) -> T:
        """What `call` gives, unless the server failed just now."""
        if not self._finalizer.alive:
            raise ValueError("the index was closed; open it again")
        if time.monotonic() < self._retry_at:
            raise IndexUnreachable(self.problem)
        try:
            result = _in_our_words(call, self._server)
        except IndexUnreachable as error:
            if not self.problem:
                _log.warning("%s", error)
            self.problem = str(error)
            self._retry_at = time.monotonic() + RETRY_SECONDS
            raise
        self.problem = ""
        return result

    def _search(self, kind: str, query: Floats, wanted: int, k: int) -> tuple[Positions, Floats]:
        body = {"query_embeddings": [query.tolist()], "n_results": wanted, "include": ["distances"]}
        found = self._server.call(self._place.collections[kind], "query", body)
        positions = np.array([int(name) for name in found["ids"][0]], dtype=np.int64)
        return best(positions, 1 - np.asarray(found["distances"][0], dtype=np.float32), k)

    def _read(self, kind: str, ids: list[str] | None) -> Floats:
        """Vectors at `ids` in the order of their positions; of all units where that is `None`."""
        wanted = [str(position) for position in range(self._sizes[kind])] if ids is None else ids
        found = self._get(kind, wanted, "embeddings")
        rows = [found[name] for name in sorted(wanted, key=int)]
        return np.array(rows, dtype=np.float32).reshape(-1, self._dimension)

    def _get(self, kind: str, ids: Sequence[str], what: str) -> dict[str, Any]:
        """`what` of the records by their id, in batches: each call has the usual deadline."""
        records: dict[str, Any] = {}
        for first in range(0, len(ids), BATCH):
            body = {"ids": list(ids[first : first + BATCH]), "include": [what]}
            found = self._server.call(self._place.collections[kind], "get", body)
            records |= zip(found["ids"], found[what], strict=True)
        return records


def _in_our_words(call: Callable[[], T], server: Server) -> T:
    """What `call` gives; JSON that Chroma would not send is a server that cannot be used."""
    try:
        return call()
    except (TypeError, KeyError, IndexError, AttributeError, ValueError) as error:
        raise server.unreachable(f"its answer has another form: {type(error).__name__}") from error


def write_served(
    folder: Path,
    address: str,
    kinds: Mapping[str, Records],
    advance: Callable[[int], None],
    timeout_seconds: float,
) -> None:
    """Write a new collection per kind, after the folder knows their names. `advance` gets counts.

    Raises `IndexUnreachable`.
    """
    name = f"askreport-{folder.name}-{secrets.token_hex(8)}"
    place = Place(address, {kind: f"{name}-{kind}" for kind in kinds})
    (folder / PLACE).write_text(json.dumps(asdict(place), indent=1), encoding="utf-8")
    _write_probes(folder / PROBES, kinds)
    server = Server(address, timeout_seconds)
    for kind, records in kinds.items():
        server.create(place.collections[kind])
        for first in range(0, len(records.texts), BATCH):
            rows = range(first, min(first + BATCH, len(records.texts)))
            body = {
                "ids": [str(row) for row in rows],
                "embeddings": records.vectors[rows.start : rows.stop].tolist(),
                "documents": list(records.texts[rows.start : rows.stop]),
                "metadatas": [dict(records.metadata[row]) for row in rows],
            }
            server.call(place.collections[kind], "upsert", body, BUILD_SECONDS)
            advance(len(rows))


def _write_probes(path: Path, kinds: Mapping[str, Records]) -> None:
    probes: dict[str, Any] = {}
    for kind, records in kinds.items():
        step = max(1, len(records.vectors) // MOST_PROBES)
        at = np.arange(0, len(records.vectors), step, dtype=np.int64)
        probes |= {f"{kind}-at": at, kind: records.vectors[at]}
    np.savez(path, **probes)


def open_served(directory: Path, manifest: Manifest, timeout_seconds: float) -> ServedStore:
    """Check the local files of a generation, and its collections if the server can be reached.

    Raises `IndexDamaged`, `IndexUnwritable` (no room for the copy).
    """
    copy = PrivateFolder()
    sizes = {"passages": manifest.passages, "sentences": manifest.sentences}
    try:
        check_files(directory, manifest, copy.path)
        store = ServedStore(copy, sizes, int(manifest.recipe["dimension"]), timeout_seconds)
        try:
            problem = store.attempt(store.check)
        except IndexUnreachable:
            problem = ""  # the store knows, and tries again
        if problem:
            raise damaged(directory, problem)
        return store
    except BaseException:  # whatever ends this, nobody else knows of the copy
        copy.remove()
        raise


def forget(folder: Path, timeout_seconds: float) -> bool:
    """Delete the collections of a generation; whether that was done, or there were none."""
    try:
        place = Place.of(folder)
        server = Server(place.address, timeout_seconds)
        for name in place.collections.values():
            server.delete(name)
    except FileNotFoundError:
        return True
    except (OSError, ValueError, TypeError, AttributeError, IndexUnreachable) as error:
        _log.warning("left over: the collections of %s (%s)", folder, error)
        return False
    return True
