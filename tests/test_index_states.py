"""An index over any sequence of builds, damages, restarts and questions: right, or refused by name."""

import shutil
import tempfile
from pathlib import Path

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from askreport import index
from askreport.errors import AskReportError
from tests.index_help import build, make_report, numbered, query
from tests.torture.store import DAMAGES, verified_here

WORDS = st.sampled_from(["芯片", "光刻", "量子"])
SIZES = st.integers(1, 6)


class IndexStates(RuleBasedStateMachine):
    """What is built, what is open, and whether the files were touched since."""

    def __init__(self) -> None:
        super().__init__()
        self.root = Path(tempfile.mkdtemp(prefix="askreport-states-"))
        self.directory = self.root / "index"
        self.built: list[str] = []  # sentences of the last build that succeeded
        self.damaged = False
        self.opened: index.Index | None = None
        self.opened_with: list[str] = []

    def teardown(self) -> None:
        if self.opened is not None:
            self.opened.close()
        shutil.rmtree(self.root)

    @initialize(word=WORDS)
    def begin(self, word: str) -> None:
        self.build(word, 3)

    @rule(word=WORDS, size=SIZES)
    def build(self, word: str, size: int) -> None:
        """A build always succeeds, whatever state the folder is in."""
        sentences = numbered(size, word)
        with verified_here():
            build(self.directory, make_report(sentences))
        self.built, self.damaged = sentences, False

    @rule()
    def build_nothing(self) -> None:
        """A build that is refused changes nothing."""
        try:
            build(self.directory, make_report([]))
        except AskReportError:
            return
        raise AssertionError("an empty report was indexed")

    @precondition(lambda self: not self.damaged)
    @rule(damage=st.sampled_from(DAMAGES), data=st.data())
    def damage(self, damage: object, data: st.DataObject) -> None:
        """Something else touches a file of the live generation, or the pointer."""
        live = index.open_index(self.directory)
        folder = self.directory / live.info.generation
        live.close()
        files = sorted(path for path in folder.rglob("*") if path.is_file() and path.stat().st_size)
        path = data.draw(st.sampled_from([*files, self.directory / "CURRENT.json"]))
        before = path.read_bytes()
        damage(path)  # type: ignore[operator]
        self.damaged = path.is_symlink() or not path.exists() or path.read_bytes() != before

    @rule()
    def restart(self) -> None:
        """Open anew: the last build, or an error that names the repair."""
        if self.opened is not None:
            self.opened.close()
            self.opened = None
        message = ""
        try:
            self.opened = index.open_index(self.directory)
            self.opened_with = self.built
        except AskReportError as error:
            message = str(error)
        assert self.damaged == bool(message), message
        assert self.damaged == message.endswith("askreport index")

    @precondition(lambda self: self.opened is not None)
    @rule(data=st.data())
    def ask(self, data: st.DataObject) -> None:
        """What is open goes on answering from what it was opened with, whatever happens beside."""
        assert self.opened is not None
        number = data.draw(st.integers(0, len(self.opened_with) - 1))
        sentence = self.opened_with[number]
        found, cosines = self.opened.nearest("sentences", query(sentence), 1)
        assert found.tolist() == [number]
        assert cosines[0] > 0.9999
        assert self.opened.text(self.opened.sentences[number]) == sentence

    @invariant()
    def at_most_two_generations(self) -> None:
        """Nothing piles up; a build that could not read the pointer keeps what it did not know."""
        assert len(list(self.directory.glob("gen-*"))) <= 3


TestIndexStates = IndexStates.TestCase
TestIndexStates.settings = settings(
    max_examples=5,
    stateful_step_count=12,
    deadline=None,
    suppress_health_check=list(HealthCheck),
)
