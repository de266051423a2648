"""Settings: sources, order, refusals."""

from pathlib import Path

import pytest

from askreport.config import Settings, known_keys, load_settings, override
from askreport.errors import SettingsInvalid


def test_later_sources_win(tmp_path: Path) -> None:
    file = tmp_path / "askreport.toml"
    file.write_text("[retrieval]\nk = 3\nmode = 'dense'\n[answer]\nsentences = 2\n")
    settings = load_settings(file, {"ASKREPORT_RETRIEVAL__K": "4"}, ["answer.sentences=1"])
    assert settings.retrieval.k == 4
    assert settings.retrieval.mode == "dense"
    assert settings.answer.sentences == 1


def test_other_environment_variables_are_left_alone() -> None:
    assert load_settings(environment={"PATH": "/bin", "OPENAI_API_KEY": "x"}) == Settings()


@pytest.mark.parametrize(
    ("overrides", "environment", "words"),
    [
        (["retrieval.kk=1"], {}, ["'retrieval.kk'", "did you mean retrieval.k?"]),
        (["colour=red"], {}, ["'colour'", "known:"]),
        (["retrieval.k=many"], {}, ["retrieval.k", "'many'", "integer"]),
        (["retrieval.mode=best"], {}, ["retrieval.mode", "'best'"]),
        (["retrieval.k"], {}, ["KEY=VALUE"]),
        (["retrieval.k.x=1"], {}, ["retrieval.k.x"]),
        ([], {"ASKREPORT_RETREIVAL__K": "8"}, ["'retreival.k'", "did you mean retrieval.k?"]),
    ],
)
def test_bad_settings_are_refused_by_name(
    overrides: list[str], environment: dict[str, str], words: list[str]
) -> None:
    with pytest.raises(SettingsInvalid) as caught:
        load_settings(None, environment, overrides)
    message = str(caught.value)
    assert "\n" not in message
    assert all(word in message for word in words), message


@pytest.mark.parametrize("content", [b"[retrieval", b"\xff\xfe", b"retrieval = 3"])
def test_a_bad_file_is_one_line(tmp_path: Path, content: bytes) -> None:
    file = tmp_path / "bad.toml"
    file.write_bytes(content)
    with pytest.raises(SettingsInvalid) as caught:
        load_settings(file)
    assert "\n" not in str(caught.value)


def test_a_named_file_must_exist(tmp_path: Path) -> None:
    with pytest.raises(SettingsInvalid, match="cannot be read"):
        load_settings(tmp_path / "none.toml")


def test_overrides_from_python() -> None:
    assert override(Settings(), {"retrieval__k": 5}).retrieval.k == 5
    with pytest.raises(SettingsInvalid, match="unknown|Unknown"):
        override(Settings(), {"retrieval__q": 5})


def test_settings_are_frozen_and_listed() -> None:
    assert "index.directory" in known_keys()
    with pytest.raises(Exception, match="frozen"):
        Settings().retrieval = None  # type: ignore[misc,assignment]
