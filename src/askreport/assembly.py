"""Settings to objects: the one place that knows how the parts are put together."""

import logging
import subprocess
import tempfile
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from askreport import config, index
from askreport.answering import faults
from askreport.answering.chain import make_chain
from askreport.answering.composing import Writing
from askreport.answering.phrases import STORE_UNREACHABLE, language_of
from askreport.answering.sentences import ranked
from askreport.answering.writing import Writer
from askreport.chunking import split_passages
from askreport.config import Settings
from askreport.embedding import embed_texts, make_embeddings, model_digest
from askreport.errors import (
    AskReportError,
    QuestionInvalid,
    ReportUnreadable,
)
from askreport.evaluation.benchmark import BenchmarkResult, read_squad, sentence_benchmark
from askreport.evaluation.benchmark import run_benchmark as measure
from askreport.reading import READERS, read_report, report_from_paragraphs
from askreport.retrieval import MODES, Mode, Searcher, documents
from askreport.schema import Answer, IndexInfo, Report, Turn

if TYPE_CHECKING:
    from langchain_core.documents import Document
    from langchain_core.embeddings import Embeddings
    from langchain_core.language_models import BaseChatModel
    from langchain_core.runnables import Runnable

Progress = Callable[[str, int, int], None]
History = Sequence[Turn | Mapping[str, str]]
_RULES_AND_QUESTION_CHARS = 3000  # of a prompt, beside the sentences
_log = logging.getLogger(__name__)


class Assistant:
    """Answers questions over one index. May be used by many threads at once.

    When the index is rebuilt elsewhere, the next question sees the new one; where that one cannot
    be used (built with another model, say), the old one goes on answering.
    """

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._embeddings = make_embeddings(settings.embedding.model)
        self._writing = _make_writing(settings, self._embeddings)
        self._swap = threading.Lock()
        self._searcher = self._open()
        self._chain = self._make_chain()

    @property
    def settings(self) -> Settings:
        """The settings that it was opened with."""
        return self._settings

    @property
    def reports(self) -> tuple[Report, ...]:
        """The reports that it answers from."""
        return self._current()[0].index.reports

    def ask(self, question: str, history: History = ()) -> Answer:
        """One answer. Raises `QuestionInvalid` for an empty or overlong question.

        `history` holds the turns before it, oldest first, as `Turn` or `{"q": ..., "a": ...}`.
        """
        *_, answer = self.stream(question, history)
        return answer

    def stream(self, question: str, history: History = ()) -> Iterator[Answer]:
        """Answers that grow; the last one is final."""
        plain = self._valid(question)
        searcher, chain = self._current()
        asked = {"question": plain, "history": [_turn(turn) for turn in history]}
        for answer in chain.stream(asked):
            yield _with_notice(answer) if searcher.index.unreachable else answer

    def search(self, query: str, k: int = 10) -> "list[Document]":
        """The `k` passages that fit `query` best, best first."""
        searcher, _ = self._current()
        return documents(searcher.index, searcher.search(self._valid(query)), k)

    def _valid(self, question: str) -> str:
        plain = question.encode("utf-8", "replace").decode("utf-8").strip()
        most = self._settings.answer.max_question_chars
        if not plain:
            raise QuestionInvalid("The question is empty; type a question.")
        if len(plain) > most:
            raise QuestionInvalid(
                f"The question has {len(plain)} characters, the most is {most}; ask a shorter one."
            )
        return plain

    def _current(self) -> "tuple[Searcher, Runnable[Any, Any]]":
        with self._swap:
            if self._searcher.index.pointer_changed():
                try:
                    self._searcher = self._open()
                    self._chain = self._make_chain()
                except AskReportError as error:
                    _log.warning("A new index was published that cannot be used: %s", error)
            return self._searcher, self._chain

    def _open(self) -> Searcher:
        opened = index.open_index(
            self._settings.index.directory,
            _recipe(self._settings, self._embeddings),
            timeout_seconds=self._settings.index.chroma_timeout_seconds,
        )
        mode: Mode = self._settings.retrieval.mode  # type: ignore[assignment]  # pattern-checked
        return Searcher(opened, self._embeddings, mode)

    def _make_chain(self) -> "Runnable[Any, Any]":
        return make_chain(
            self._searcher,
            k=self._settings.retrieval.k,
            sentences=self._settings.answer.sentences,
            refuse_below=self._settings.answer.refuse_below,
            writing=self._writing,
        )


def _with_notice(answer: Answer) -> Answer:
    """The answer, with a line that tells why meaning had no part in its search."""
    told = STORE_UNREACHABLE[language_of(answer.question)]
    return replace(answer, notice=" ".join(filter(None, [answer.notice, told])))


def _turn(turn: Turn | Mapping[str, str]) -> Turn:
    if isinstance(turn, Turn):
        return turn
    try:
        return Turn(turn["q"], turn["a"])
    except KeyError as error:
        raise QuestionInvalid(
            f"A turn of the history has no {error}; expected {{'q': question, 'a': answer}}."
        ) from error


def open_assistant(
    index_dir: Path | str | None = None, *, settings: Settings | None = None, **overrides: Any
) -> Assistant:
    """An assistant over the index in `index_dir`.

    Overrides are settings by name, `retrieval__k=8` for `retrieval.k`. Raises `IndexMissing`,
    `IndexMismatch` or `IndexDamaged` where the index cannot be used, and `SettingsInvalid`.
    """
    changes = {**overrides, **({"index__directory": index_dir} if index_dir else {})}
    return Assistant(config.override(settings or Settings(), changes))


def build_index(
    files: Sequence[Path | str] | None = None,
    index_dir: Path | str | None = None,
    progress: Progress | None = None,
    *,
    settings: Settings | None = None,
) -> IndexInfo:
    """Build the index of `files` (default: every report in the reports folder), or refresh it.

    Does nothing where the index is fresh. `progress(stage, done, total)` is called as it goes.
    Raises `ReportUnreadable`, `IndexBusy`, `IndexDamaged` (a folder that is not ours) or
    `IndexUnwritable`; whatever happens, an index that worked before works afterwards.
    """
    chosen = config.override(
        settings or Settings(), {"index__directory": index_dir} if index_dir else {}
    )
    paths = [Path(file) for file in files] if files else _report_files(chosen.reports.folder)
    reports = [read_report(path) for path in paths]
    embeddings = make_embeddings(chosen.embedding.model)
    passages = [split_passages(report, chosen.index.passage_chars) for report in reports]
    return index.build(
        chosen.index.directory,
        reports,
        passages,
        embeddings,
        _recipe(chosen, embeddings),
        progress,
        chosen.index.chroma_timeout_seconds,
    )


def refresh_index(settings: Settings, progress: Progress | None = None) -> None:
    """Build the index of the reports folder where it is missing or stale.

    An index of other files (`askreport index FILE`) is left as it is.
    """
    folder = settings.reports.folder
    stored = index.stored(settings.index.directory)
    if stored and not all((folder / name).exists() for name in stored.reports):
        return
    build_index(settings=settings, progress=progress)


def run_benchmark(
    passages: Path,
    questions: Path | None,
    settings: Settings,
    index_dir: Path | None = None,
    progress: Progress | None = None,
    *,
    sentences: bool = False,
) -> BenchmarkResult:
    """Retrieval on SQuAD-format files, each paragraph a passage; on the code path of the product.

    With `sentences`, the sentence that holds the answer is looked for among those of all passages,
    hybrid being how sentences are chosen for an answer. The index is kept in `index_dir`, or made
    in a temporary folder. Raises `QuestionsUnreadable`.
    """
    benchmark = read_squad(passages, questions)
    report = report_from_paragraphs(passages.name, benchmark.passages)
    embeddings = make_embeddings(settings.embedding.model)
    recipe = replace(_recipe(settings, embeddings), passage_chars=0, chroma="")
    with tempfile.TemporaryDirectory() as temporary:
        folder = index_dir or Path(temporary)
        index.build(folder, [report], [report.paragraphs], embeddings, recipe, progress)
        opened = index.open_index(folder, recipe)
        try:
            if sentences:
                texts = [opened.text(unit) for unit in opened.sentences]
                benchmark = sentence_benchmark(benchmark, texts, opened.sentence_passage.tolist())
            rank = _sentence_ranking if sentences else _ranking
            retrievers = {
                str(mode): rank(Searcher(opened, embeddings, mode), mode) for mode in MODES
            }
            return measure(
                retrievers,
                benchmark,
                progress=lambda done, total: (
                    progress("questions", done, total) if progress else None
                ),
            )
        finally:
            opened.close()


def _ranking(searcher: Searcher, _: Mode) -> Callable[[str, int], Sequence[int]]:
    return lambda question, k: searcher.search(question).best_passages(k)


def _sentence_ranking(searcher: Searcher, mode: Mode) -> Callable[[str, int], Sequence[int]]:
    if mode != "hybrid":
        return lambda question, k: searcher.search(question).best_sentences(k)
    return lambda question, k: [
        position for position, _ in ranked(searcher.index, searcher.search(question))[:k]
    ]


def source_commit() -> str:
    """The commit of the working tree that this code runs from, "" outside a git checkout."""
    try:
        found = subprocess.run(
            ["git", "-C", Path(__file__).parent, "describe", "--always", "--dirty", "--abbrev=12"],  # noqa: S607
            capture_output=True,
            text=True,
            check=True,
            timeout=10,
        )
    except (OSError, subprocess.SubprocessError):
        return ""
    return found.stdout.strip()


def _report_files(folder: Path) -> list[Path]:
    files = sorted(
        path
        for path in folder.glob("*")
        if path.suffix.lower() in READERS and path.is_file() and path.stem.lower() != "readme"
    )
    if not files:
        raise ReportUnreadable(
            f"No report in {folder}/; put a file there ({', '.join(sorted(READERS))}) or name one:"
            " askreport index FILE."
        )
    return files


def _recipe(settings: Settings, embeddings: "Embeddings") -> index.Recipe:
    return index.Recipe(
        model=settings.embedding.model,
        model_digest=model_digest(settings.embedding.model, embeddings),
        dimension=len(embeddings.embed_query("1")),
        passage_chars=settings.index.passage_chars,
        chroma=settings.index.chroma,
    )


def make_chat_model(settings: Settings) -> "BaseChatModel | None":
    """The chat model of the settings, `None` where there is none. Raises `ModelUnavailable`."""
    llm = settings.llm
    if not llm.model:
        return None
    from langchain.chat_models import init_chat_model

    try:
        model: BaseChatModel = init_chat_model(llm.model, **_model_options(llm))
    except Exception as error:  # each provider raises its own for a missing key or an unknown name
        raise faults.of_setup(error, llm.model) from error
    return model


def _model_options(llm: config.LlmSettings) -> dict[str, Any]:
    """The settings in the words of the provider."""
    options: dict[str, Any] = {"temperature": llm.temperature}
    if llm.base_url:
        options["base_url"] = llm.base_url
    provider = llm.model.partition(":")[0]
    if provider == "ollama":
        # A model of Ollama forgets the beginning of what is longer than its context; a Chinese
        # character is a token at worst.
        context = llm.max_input_chars + llm.max_tokens + _RULES_AND_QUESTION_CHARS
        timeout = {"timeout": llm.timeout_seconds}
        return {
            **options,
            "num_predict": llm.max_tokens,
            "num_ctx": context,
            "client_kwargs": timeout,
        }
    if provider == "openai":
        # By itself it asks for the usage of tokens only at OpenAI's own address.
        options["stream_usage"] = True
    return {
        **options,
        "timeout": llm.timeout_seconds,
        "max_retries": llm.max_retries,
        "max_tokens": llm.max_tokens,
    }


def _make_writing(settings: Settings, embeddings: "Embeddings") -> Writing | None:
    """How answers are written; `None` without a chat model. It is made when it is first needed."""
    llm = settings.llm
    if not llm.model:
        return None

    def make_model() -> "BaseChatModel":
        model = make_chat_model(settings)
        assert model is not None
        return model

    writer = Writer(
        make_model,
        llm.model,
        max_input_chars=llm.max_input_chars,
        timeout_seconds=llm.timeout_seconds,
    )
    return Writing(writer, partial(embed_texts, embeddings), drop=llm.unsupported == "drop")
