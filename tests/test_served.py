"""A Chroma server that answers what no Chroma would: one line, and nothing is published.

Servers that are down, silent or cut off, and a real one, are rows of tests/torture/backends.py.
"""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler
from pathlib import Path

import pytest

from askreport import build_index
from askreport.errors import AskReportError, IndexUnreachable
from askreport.store.served import Server, forget
from tests.loopback import LoopbackServer, Quiet, running
from tests.torture.backends import facts, settings_of


class Scripted(LoopbackServer):
    """Answers a path that ends in a key of `answers` with its value, anything else with `{}`."""

    def __init__(self, answers: dict[str, object]) -> None:
        super().__init__(_Handler)
        self.answers = answers


class _Handler(Quiet, BaseHTTPRequestHandler):
    server: Scripted

    def _answer(self) -> None:
        self.rfile.read(int(self.headers.get("Content-Length") or 0))
        last = self.path.rpartition("/")[2]
        found = [value for end, value in self.server.answers.items() if last.endswith(end)]
        content = json.dumps(found[0] if found else {}).encode()
        self.send_response(200)
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    def do_GET(self) -> None:
        self._answer()

    def do_POST(self) -> None:
        self._answer()

    def do_DELETE(self) -> None:
        self._answer()


@contextmanager
def scripted(answers: dict[str, object]) -> Iterator[Scripted]:
    """A running server; it ends with the block."""
    server = Scripted(answers)
    with running(server):
        yield server


@pytest.mark.parametrize("answer", [[], None, 7, {"ID": "x"}, "x", {"id": None, "name": []}])
def test_a_build_on_odd_json_is_one_line(answer: object, tmp_path: Path) -> None:
    answers = {"passages": answer, "sentences": answer, "count": answer}
    with scripted(answers) as server, pytest.raises(AskReportError) as told:
        build_index([facts(tmp_path)], settings=settings_of(server.url, tmp_path))
    assert "\n" not in str(told.value)
    assert f"The Chroma server at {server.url} cannot be used" in str(told.value)
    assert not (tmp_path / "index" / "CURRENT.json").exists()


@pytest.mark.parametrize("count", [None, [], {}, "many", {"count": 1}])
def test_a_count_that_is_no_number(count: object) -> None:
    told = "its answer has another form"
    with (
        scripted({"passages": {"id": "1"}, "count": count}) as server,
        pytest.raises(IndexUnreachable, match=told),
    ):
        Server(server.url, 5).count("passages")


@pytest.mark.parametrize(
    "place",
    [{}, [], {"address": 7, "collections": {"a": "b"}}, {"address": "x", "collections": None}],
)
def test_collections_that_nobody_can_name_are_told(
    place: object, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    (tmp_path / "chroma.json").write_text(json.dumps(place), encoding="utf-8")
    assert not forget(tmp_path, 5)
    assert [record.getMessage().partition(" (")[0] for record in caplog.records] == [
        f"left over: the collections of {tmp_path}"
    ]
