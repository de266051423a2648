"""Settings: `askreport.toml`, then variables (ASKREPORT_RETRIEVAL__K=8), then --set; later wins.

One frozen object, made at the edge (`assembly.py`, the command line, the page) and never passed
further down: everything below takes plain values. Unknown keys are refused by name. Keys of model
providers are no settings; they stay in the providers' own environment variables.
"""

import difflib
import tomllib
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from askreport.errors import SettingsInvalid

CONFIG_FILE = Path("askreport.toml")
ENV_PREFIX = "ASKREPORT_"
BUNDLED = "bundled"  # the embedding model that comes with the package
# Below it lie 5 % of the answerable questions that each set of weights was learned on
# (`training/train_refusal.py` shifts them so).
REFUSE_BELOW = 0.2
PASSAGE_CHARS = 300  # about three Chinese sentences: one subject, and still readable as a whole


class _Section(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class ReportSettings(_Section):
    """Where the reports are."""

    folder: Path = Path("reports")


class IndexSettings(_Section):
    """Where the index is, and how long a passage may be.

    `chroma` is the address of a Chroma server that holds the vectors; empty: files in `directory`.
    """

    directory: Path = Path("index")
    passage_chars: int = Field(default=PASSAGE_CHARS, ge=50, le=2000)
    chroma: str = Field(default="", pattern=r"^(https?://[^\s/@]+(/[^\s@]*)?)?$")
    chroma_timeout_seconds: float = Field(default=5, gt=0, le=600)


class EmbeddingSettings(_Section):
    """`bundled`, or the folder or hub name of a sentence-transformers model."""

    model: str = Field(default=BUNDLED, min_length=1)


class RetrievalSettings(_Section):
    """How many passages are found (`k`) and by what: both sides, or one of them."""

    k: int = Field(default=10, ge=1, le=100)
    mode: str = Field(default="hybrid", pattern="^(hybrid|dense|lexical)$")


class AnswerSettings(_Section):
    """A question that the report answers with a probability below `refuse_below` is refused."""

    sentences: int = Field(default=3, ge=1, le=10)
    refuse_below: float = Field(default=REFUSE_BELOW, ge=0, le=1)
    max_question_chars: int = Field(default=2000, ge=20, le=20_000)


class LlmSettings(_Section):
    """A chat model by its `init_chat_model` name; empty: answers are quotes.

    It is shown `max_input_chars` of sentences. What it writes and its sources do not bear out is
    marked or dropped, as `unsupported` says.
    """

    model: str = ""
    base_url: str = ""
    temperature: float = Field(default=0.0, ge=0, le=2)
    timeout_seconds: float = Field(default=120, gt=0)
    max_retries: int = Field(default=1, ge=0, le=10)
    max_input_chars: int = Field(default=6000, ge=500, le=1_000_000)
    max_tokens: int = Field(default=1000, ge=16)
    unsupported: str = Field(default="mark", pattern="^(mark|drop)$")


class WebSettings(_Section):
    """Address of the page, and which of its parts are shown.

    `evaluation` is the view in which anybody who can open the page may start an evaluation and
    accept test questions; `feedback` the thumbs under an answer, kept in `feedback_file`.
    `auth_file` holds the users who may log in. Beyond this machine there must be one, unless `auth`
    is off.
    """

    host: str = "127.0.0.1"
    port: int = Field(default=7860, ge=0, le=65535)
    share: bool = False
    auth: bool = True
    auth_file: Path | None = None
    evaluation: bool = True
    feedback: bool = True
    feedback_file: Path = Path("evals/feedback.jsonl")


class Settings(_Section):
    """All settings; the defaults need no file, no key and no network."""

    reports: ReportSettings = ReportSettings()
    index: IndexSettings = IndexSettings()
    embedding: EmbeddingSettings = EmbeddingSettings()
    retrieval: RetrievalSettings = RetrievalSettings()
    answer: AnswerSettings = AnswerSettings()
    llm: LlmSettings = LlmSettings()
    web: WebSettings = WebSettings()


def load_settings(
    config: Path | None = None,
    environment: Mapping[str, str] | None = None,
    overrides: Sequence[str] = (),
) -> Settings:
    """Settings from a TOML file, environment variables and `section.key=value` overrides.

    `config` must exist if given; otherwise `askreport.toml` in the working directory is read if
    there. Raises `SettingsInvalid` for an unknown key or a bad value.
    """
    values = _read_toml(config)
    for key, value in _from_environment(environment or {}):
        _put(values, key, value)
    for override in overrides:
        key, separator, text = override.partition("=")
        if not separator:
            raise SettingsInvalid(
                f"Setting {override!r} has no value; expected KEY=VALUE, such as retrieval.k=8."
            )
        _put(values, key.strip(), text.strip())
    return _validated(values)


def override(settings: Settings, changes: Mapping[str, Any]) -> Settings:
    """`settings` with changes such as `{"retrieval__k": 8}`; `SettingsInvalid` for an unknown
    key."""
    values = settings.model_dump()
    for key, value in changes.items():
        _put(values, key.replace("__", "."), value)
    return _validated(values)


def _read_toml(config: Path | None) -> dict[str, Any]:
    path = config or CONFIG_FILE
    if config is None and not path.exists():
        return {}
    try:
        return tomllib.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise SettingsInvalid(
            f"Settings file {path} cannot be read ({error.strerror}); name one that exists, or"
            " leave --config out."
        ) from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise SettingsInvalid(f"Settings file {path} is not TOML: {error}.") from error


def _from_environment(environment: Mapping[str, str]) -> Iterator[tuple[str, str]]:
    for name, value in sorted(environment.items()):
        if name.startswith(ENV_PREFIX):
            yield name.removeprefix(ENV_PREFIX).lower().replace("__", "."), value


def _put(values: dict[str, Any], key: str, value: Any) -> None:
    section, separator, name = key.partition(".")
    target = values.setdefault(section, {})
    if not separator or not isinstance(target, dict):
        raise SettingsInvalid(_unknown(key))
    target[name] = value


def _validated(values: dict[str, Any]) -> Settings:
    try:
        return Settings.model_validate(values)
    except ValidationError as error:
        first = error.errors()[0]
        key = ".".join(str(part) for part in first["loc"])
        if first["type"] == "extra_forbidden":
            if isinstance(first["input"], dict):  # a whole unknown section: name its first key
                key = ".".join([key, *list(first["input"])[:1]])
            raise SettingsInvalid(_unknown(key)) from error
        raise SettingsInvalid(f"Setting {key}: got {first['input']!r}; {first['msg']}.") from error


def _unknown(key: str) -> str:
    near = difflib.get_close_matches(key, known_keys(), n=1)
    hint = f"did you mean {near[0]}?" if near else "known: " + ", ".join(known_keys()) + "."
    return f"Unknown setting {key!r}; {hint}"


def known_keys() -> list[str]:
    """Every setting as `section.key`, in order."""
    return [
        f"{section}.{key}" for section, values in Settings().model_dump().items() for key in values
    ]
