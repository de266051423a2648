"""The index gives back what was put in, nearest first, and refuses whatever does not fit."""

import json
import os
import subprocess
import sys
import threading
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from askreport import index
from askreport.errors import (
    IndexDamaged,
    IndexMismatch,
    IndexMissing,
    ModelUnavailable,
    ReportUnreadable,
)
from askreport.schema import Report, Span
from askreport.store import contents, generations, vectors
from askreport.store.building import BuildJob
from tests.index_help import (
    DIMENSION,
    HashEmbeddings,
    build,
    make_report,
    numbered,
    query,
    recipe,
)
from tests.torture.store import verify_here


@pytest.fixture(autouse=True)
def same_process(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """Verify in this process, which saves seconds, but for the tests of the child process."""
    if "child_process" not in request.fixturenames:
        monkeypatch.setattr(BuildJob, "_run_child", verify_here)


@pytest.fixture
def child_process() -> None:
    """Asked for by a test that wants builds as they are."""


@pytest.fixture(scope="module")
def reports() -> tuple[Report, Report]:
    return make_report(numbered(7)), make_report(["另一份报告。", "它很短。"], "b.txt")


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory, reports: tuple[Report, Report]) -> Path:
    directory = tmp_path_factory.mktemp("store") / "index"
    build(directory, *reports)
    return directory


@pytest.fixture(scope="module")
def opened(built: Path) -> index.Index:
    return index.open_index(built)


def test_holds_the_reports_and_their_units(
    opened: index.Index, reports: tuple[Report, Report]
) -> None:
    assert opened.reports == reports
    assert opened.info.reports == ("a.txt", "b.txt")
    assert (opened.info.passages, opened.info.sentences) == (5, 9)
    assert [opened.text(unit) for unit in opened.passages[-2:]] == [
        "第6句说芯片。",
        "另一份报告。它很短。",
    ]
    assert opened.passages[-1] == index.Unit(1, 0, 10)
    assert opened.sentence_passage.tolist() == [0, 0, 1, 1, 2, 2, 3, 4, 4]


def test_finds_a_sentence_by_its_own_vector(opened: index.Index) -> None:
    positions, cosines = opened.nearest("sentences", query("它很短。"), 3)
    assert positions.dtype == np.int64
    assert cosines.dtype == np.float32
    assert opened.text(opened.sentences[positions[0]]) == "它很短。"
    assert cosines[0] == pytest.approx(1)
    assert (np.diff(cosines) <= 0).all()


def test_gives_no_more_than_there_are(opened: index.Index) -> None:
    assert len(opened.nearest("passages", query("芯片"), 100)[0]) == 5
    assert len(opened.nearest("passages", query("芯片"), 0)[0]) == 0


def test_a_zero_vector_is_equally_far_from_all(opened: index.Index) -> None:
    positions, cosines = opened.nearest("sentences", np.zeros(DIMENSION, np.float32), 3)
    assert positions.tolist() == [0, 1, 2]
    assert cosines.tolist() == [0, 0, 0]


@pytest.mark.parametrize("vector", [np.ones(DIMENSION + 1), np.full(DIMENSION, np.nan)])
def test_refuses_a_vector_that_cannot_be(opened: index.Index, vector: np.ndarray) -> None:
    with pytest.raises(ValueError, match="16 finite numbers"):
        opened.nearest("passages", vector, 1)


def test_vectors_come_in_the_order_asked_for(opened: index.Index) -> None:
    expected = query("它很短。") / np.linalg.norm(query("它很短。"))
    found = opened.vectors("sentences", [0, 8, 8])
    assert found.shape == (3, DIMENSION)
    assert found[1] == pytest.approx(expected, abs=1e-6)
    assert found[2].tolist() == found[1].tolist()
    assert opened.vectors("sentences", []).shape == (0, DIMENSION)


def test_lexical_scores_are_by_position(opened: index.Index) -> None:
    assert int(opened.lexical("passages").scores("另一份报告").argmax()) == 4
    assert opened.lexical("sentences").scores("另一份报告").shape == (9,)


def test_equal_sentences_come_in_their_order(tmp_path: Path) -> None:
    build(tmp_path, make_report(["其一。", *["来源：公司公告。"] * 60, "其二。"]))
    opened = index.open_index(tmp_path)
    positions, _ = opened.nearest("sentences", query("来源：公司公告。"), 60)
    assert positions.tolist() == list(range(1, 61))


def test_many_threads_get_their_own_answers(opened: index.Index) -> None:
    wrong: list[str] = []

    def ask(text: str) -> None:
        for _ in range(20):
            found = opened.nearest("sentences", query(text), 1)[0][0]
            if opened.text(opened.sentences[found]) != text:
                wrong.append(text)

    threads = [threading.Thread(target=ask, args=(text,)) for text in numbered(7)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert wrong == []


def test_chroma_holds_texts_and_places_for_other_tools(opened: index.Index) -> None:
    collection = opened._store._collections["passages"]
    record = collection.get(ids=["4"], include=["documents", "metadatas"])
    assert record["documents"] == ["另一份报告。它很短。"]
    assert record["metadatas"] == [
        {"report": "b.txt", "start": 0, "end": 10, "chapter": "TOP1", "page": 1}
    ]


def test_a_closed_index_says_so(built: Path) -> None:
    opened = index.open_index(built)
    opened.close()
    opened.close()
    with pytest.raises(ValueError, match="closed"):
        opened.nearest("passages", query("芯片"), 1)


def test_the_working_copy_goes_with_the_index(built: Path) -> None:
    opened = index.open_index(built)
    copy = opened._store.folder
    assert copy.is_dir()
    opened.close()
    assert not copy.exists()


def test_the_working_copy_of_a_killed_process_is_removed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(vectors.tempfile, "tempdir", str(tmp_path))
    monkeypatch.setattr(vectors, "_ABANDONED_SECONDS", -1)
    abandoned = tmp_path / "askreport-index-killed"
    abandoned.mkdir()
    (abandoned / ".lock").touch()
    living = vectors.PrivateFolder()
    another = vectors.PrivateFolder()
    assert not abandoned.exists()
    assert living.path.is_dir()
    living.remove()
    another.remove()
    assert list(tmp_path.iterdir()) == []


def test_reading_leaves_the_generation_as_it_is(built: Path) -> None:
    manifest = generations.read_pointer(built)
    opened = index.open_index(built)
    opened.nearest("passages", query("芯片"), 3)
    opened.close()
    assert generations.list_files(built / manifest.generation) == manifest.files


def test_a_fresh_index_is_not_built_again(built: Path, reports: tuple[Report, Report]) -> None:
    embeddings = HashEmbeddings()
    passages = [report.paragraphs for report in reports]
    info = index.build(built, reports, passages, embeddings, recipe())
    assert not info.built
    assert embeddings.embedded == 0


def test_progress_ends_at_the_whole(tmp_path: Path) -> None:
    seen: dict[str, tuple[int, int]] = {}

    def progress(stage: str, done: int, whole: int) -> None:
        seen[stage] = (done, whole)

    report = make_report(numbered(4))
    index.build(tmp_path, [report], [report.paragraphs], HashEmbeddings(), recipe(), progress)
    assert seen == {"embed": (6, 6), "store": (6, 6), "verify": (1, 1)}


@pytest.mark.parametrize("change", ["text", "name", "passages", "model"])
def test_any_change_is_built_anew(tmp_path: Path, change: str) -> None:
    report = make_report(numbered(4))
    build(tmp_path, report)
    passages = [report.sentences] if change == "passages" else [report.paragraphs]
    changed = {
        "text": make_report(numbered(4, "光刻")),
        "name": replace(report, name="c.txt"),
    }.get(change, report)
    wanted = recipe("other") if change == "model" else recipe()
    assert index.build(tmp_path, [changed], passages, HashEmbeddings(), wanted).built


def test_keeps_the_live_generation_and_the_one_before(tmp_path: Path) -> None:
    for word in ("芯片", "光刻", "机器人"):
        last = build(tmp_path, make_report(numbered(2, word)))
    names = sorted(path.name for path in tmp_path.glob("gen-*"))
    assert len(names) == 2
    assert names[0].startswith("gen-2-")
    assert names[1] == last.generation


def test_a_build_by_another_process_shows(tmp_path: Path) -> None:
    build(tmp_path, make_report(numbered(2)))
    opened = index.open_index(tmp_path)
    assert not opened.pointer_changed()
    build(tmp_path, make_report(numbered(2, "光刻")))
    build(tmp_path, make_report(numbered(2, "机器人")))
    assert opened.pointer_changed()
    assert opened.text(
        opened.sentences[opened.nearest("sentences", query("第1句说芯片。"), 1)[0][0]]
    )
    assert index.open_index(tmp_path).reports[0].text == "第0句说机器人。第1句说机器人。"
    (tmp_path / "CURRENT.json").unlink()
    assert not opened.pointer_changed()


def test_a_reader_follows_the_pointer_when_its_generation_goes(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    build(tmp_path, make_report(numbered(2)))
    check, pending = generations.check_files, ["光刻", "机器人"]

    def check_late(*arguments: object) -> None:
        words = pending[:]
        pending.clear()
        for word in words:  # both are published after the pointer was read
            build(tmp_path, make_report(numbered(2, word)))
        check(*arguments)  # type: ignore[arg-type]

    monkeypatch.setattr(vectors, "check_files", check_late)
    assert "机器人" in index.open_index(tmp_path).reports[0].text


def test_an_index_that_fits_opens(built: Path, reports: tuple[Report, Report]) -> None:
    digests = [report.source_digest for report in reversed(reports)]
    index.open_index(built, recipe(), digests).close()
    assert index.freshness(built, recipe(), digests) == "fresh"


@pytest.mark.parametrize(
    ("wanted", "digests", "words"),
    [
        (recipe("bge-m3"), None, ["model fake", "model bge-m3"]),
        (recipe(dimension=8), None, ["dimension 16", "dimension 8"]),
        (recipe(passage_chars=200), None, ["passage_chars 300", "passage_chars 200"]),
        (replace(recipe(), model_digest="1" * 64), None, ["model_digest 000000000000;"]),
        (recipe(), ["f" * 64], ["reports 2 (", "reports 1 (ffffffffffff)"]),
    ],
)
def test_what_does_not_fit_is_named(
    built: Path, wanted: index.Recipe, digests: list[str] | None, words: list[str]
) -> None:
    with pytest.raises(IndexMismatch) as caught:
        index.open_index(built, wanted, digests)
    message = str(caught.value)
    assert all(word in message for word in words)
    assert message.endswith("Rebuild: askreport index")
    assert index.freshness(built, wanted, digests or []) == "stale"


def test_another_version_of_chroma_or_of_the_format_is_refused(
    built: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(contents, "version", lambda _: "9.9")
    with pytest.raises(IndexMismatch, match=r"chromadb 1\.5.*chromadb 9\.9"):
        index.open_index(built)
    monkeypatch.undo()
    monkeypatch.setattr(generations, "FORMAT", generations.FORMAT + 1)
    with pytest.raises(IndexMismatch, match=r"format 2.*format 3.*askreport index"):
        index.open_index(built)


@pytest.mark.parametrize("name", ["CURRENT.json", "sentences.npy"])
def test_a_link_to_a_file_without_end_is_damage(tmp_path: Path, name: str) -> None:
    build(tmp_path, make_report(numbered(2)))
    [path] = tmp_path.rglob(name)
    size = path.stat().st_size
    path.unlink()
    path.symlink_to(
        "/dev" + "/" * min(3000, size - len("/devzero")) + "zero"
    )  # a link of the same size
    with pytest.raises(IndexDamaged, match=r"Rebuild: askreport index"):
        index.open_index(tmp_path)


def test_a_pipe_in_place_of_the_pointer_is_damage(tmp_path: Path) -> None:
    build(tmp_path, make_report(numbered(2)))
    (tmp_path / "CURRENT.json").unlink()
    os.mkfifo(tmp_path / "CURRENT.json")
    with pytest.raises(IndexDamaged, match=r"Rebuild: askreport index"):
        index.open_index(tmp_path)


def test_no_index_yet(tmp_path: Path) -> None:
    (tmp_path / "README.md").write_text("what this folder is for")
    for directory in (tmp_path, tmp_path / "absent"):
        with pytest.raises(IndexMissing, match="Build it with: askreport index"):
            index.open_index(directory)
        assert index.freshness(directory, recipe(), []) == "missing"


def test_a_folder_of_something_else_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "thesis.docx").write_text("years of work")
    for call in (
        lambda: index.open_index(tmp_path),
        lambda: build(tmp_path, make_report(numbered(2))),
        lambda: index.freshness(tmp_path, recipe(), []),
    ):
        with pytest.raises(IndexDamaged, match=r"not an askreport index.*thesis\.docx.*choose"):
            call()
    assert [path.name for path in tmp_path.iterdir()] == ["thesis.docx"]


def test_what_others_put_into_the_index_stays(tmp_path: Path) -> None:
    build(tmp_path, make_report(numbered(2)))
    (tmp_path / "notes.txt").write_text("mine")
    (tmp_path / "gen-old").mkdir()
    for word in ("光刻", "机器人", "量子"):
        build(tmp_path, make_report(numbered(2, word)))
    assert (tmp_path / "notes.txt").read_text() == "mine"
    assert (tmp_path / "gen-old").is_dir()


def test_nothing_to_index_is_no_index(tmp_path: Path) -> None:
    with pytest.raises(ReportUnreadable, match="no text"):
        build(tmp_path / "index", make_report([]))
    assert not (tmp_path / "index").exists()


def test_passages_without_sentences(tmp_path: Path) -> None:
    report = replace(make_report(numbered(2)), sentences=())
    build(tmp_path, report)
    opened = index.open_index(tmp_path)
    assert opened.sentence_passage.shape == (0,)
    assert len(opened.nearest("sentences", query("芯片"), 5)[0]) == 0
    assert opened.vectors("sentences", []).shape == (0, DIMENSION)


@pytest.mark.parametrize("dimension", [8, 32])
def test_vectors_of_another_length_are_refused(tmp_path: Path, dimension: int) -> None:
    report = make_report(numbered(2))
    with pytest.raises(ModelUnavailable, match=r"'fake' gave vectors of shape"):
        index.build(tmp_path, [report], [report.paragraphs], HashEmbeddings(dimension), recipe())
    assert list(tmp_path.glob("gen-*")) == []


def test_lone_surrogates_do_no_harm(tmp_path: Path) -> None:
    report = make_report(["坏的\ud800字。", "好的字。"], "\udcff.txt")
    build(tmp_path, report)
    opened = index.open_index(tmp_path)
    assert opened.reports == (report,)
    assert opened.text(opened.sentences[0]) == "坏的\ud800字。"


def test_a_generation_that_fails_verification_is_not_published(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, child_process: None
) -> None:
    before = build(tmp_path, make_report(numbered(2)))
    list_files = generations.list_files
    monkeypatch.setattr(
        generations,
        "list_files",
        lambda folder: {**list_files(folder), "chroma/absent.bin": (0, "0" * 64)},
    )
    with pytest.raises(IndexDamaged, match=r"failed verification.*absent\.bin is missing"):
        build(tmp_path, make_report(numbered(2, "光刻")))
    assert index.open_index(tmp_path).info.generation == before.generation
    assert [path.name for path in tmp_path.glob("gen-*")] == [before.generation]


def test_a_store_beyond_the_exact_search_finds_the_same(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    build(tmp_path, make_report(numbered(60)))
    exact = index.open_index(tmp_path)
    monkeypatch.setattr(vectors, "EXACT_UNITS", 0)
    approximate = index.open_index(tmp_path)
    for text in numbered(20, "问题"):
        for kind in ("passages", "sentences"):
            ours, theirs = (x.nearest(kind, query(text), 10) for x in (exact, approximate))
            assert ours[0].tolist() == theirs[0].tolist()
            assert ours[1] == pytest.approx(theirs[1], abs=2e-6)
    assert approximate.vectors("sentences", [3, 1, 3]) == pytest.approx(
        exact.vectors("sentences", [3, 1, 3]), abs=1e-6
    )


def test_importing_the_index_loads_no_chroma() -> None:
    code = (
        "import sys; import askreport.index; print([name for name in"
        " ('chromadb', 'langchain_core', 'pydantic', 'bm25s') if name in sys.modules])"
    )
    root = Path(__file__).parents[1]
    result = subprocess.run(
        [sys.executable, "-c", code],
        env={"PYTHONPATH": str(root / "src")},
        capture_output=True,
        text=True,
        check=True,
    )
    assert result.stdout == "[]\n"


texts = st.lists(st.text(max_size=20), max_size=6)


@given(texts)
@settings(max_examples=50, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_reports_come_back_equal(tmp_path: Path, sentences: list[str]) -> None:
    report = make_report(sentences)
    path = tmp_path / "reports.json"
    path.write_text(contents.dump_reports([report]), encoding="ascii")
    assert contents.load_reports(path) == (report,)


@given(st.lists(st.integers(1, 9), min_size=1, max_size=20), st.data())
def test_a_sentence_belongs_to_the_passage_that_holds_its_start(
    lengths: list[int], data: st.DataObject
) -> None:
    ends = np.cumsum(lengths)
    passages = [
        Span(int(end - length), int(end)) for end, length in zip(ends, lengths, strict=True)
    ]
    start = data.draw(st.integers(0, int(ends[-1]) - 1))
    report = replace(make_report(["x" * int(ends[-1])]), sentences=(Span(start, start + 1),))
    places = contents.make_places([report], [passages])
    found = contents.passages_of_sentences(places["sentences"], places["passages"])
    assert passages[found[0]].start <= start < passages[found[0]].end


def test_the_manifest_says_what_the_index_was_built_with(built: Path) -> None:
    values = json.loads((built / "CURRENT.json").read_text())
    assert values["recipe"] == {
        "model": "fake",
        "model_digest": "0" * 64,
        "dimension": 16,
        "passage_chars": 300,
        "chroma": "",
    }
    assert values["packages"].keys() == {"chromadb"}
    assert [name for name, _ in values["reports"]] == ["a.txt", "b.txt"]
