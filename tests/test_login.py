"""The login: hashed passwords, guessing, every route behind it, and no sharing without it."""

import asyncio
import base64
import json
import stat
import subprocess
import sys
from pathlib import Path

import httpx
import pytest

from askreport.errors import SettingsInvalid
from askreport.web.login import ALL_GUESSES, GUESSES, Login, change_user, matches, read_users
from askreport.web.strings import CHINESE, ENGLISH
from tests.torture.readers import start_chat
from tests.torture.shared import ENVIRONMENT, report_index

PASSWORD = "correct horse 电池"


def header(name: str, password: str) -> str:
    return "Basic " + base64.b64encode(f"{name}:{password}".encode()).decode()


@pytest.fixture
def users(tmp_path: Path) -> Path:
    path = tmp_path / "users.txt"
    change_user(path, "anna", PASSWORD)
    change_user(path, "bo", "another password")
    return path


def check(login: Login, *headers: str) -> list[str]:
    async def run() -> list[str]:
        return [await login.check(one) for one in headers]

    return asyncio.run(run())


def test_a_file_of_users_holds_no_password_and_is_its_owners(users: Path) -> None:
    text = users.read_text(encoding="utf-8")
    assert PASSWORD not in text
    assert [line.split("$")[0] for line in text.splitlines()] == ["anna:scrypt", "bo:scrypt"]
    assert stat.S_IMODE(users.stat().st_mode) == 0o600
    assert matches(PASSWORD, read_users(users)["anna"])
    assert not matches("another password", read_users(users)["anna"])


def test_equal_passwords_have_different_hashes(users: Path) -> None:
    change_user(users, "carl", PASSWORD)
    assert read_users(users)["carl"] != read_users(users)["anna"]


def test_a_user_can_be_changed_and_removed(users: Path) -> None:
    change_user(users, "anna", "a new password")
    change_user(users, "bo", None)
    assert list(read_users(users)) == ["anna"]
    assert matches("a new password", read_users(users)["anna"])
    with pytest.raises(SettingsInvalid, match="Nobody is called 'bo'"):
        change_user(users, "bo", None)


@pytest.mark.parametrize("name", ["", "a:b", "a\nb", " a", "x" * 65])
def test_names_that_will_not_do(tmp_path: Path, name: str) -> None:
    with pytest.raises(SettingsInvalid, match="will not do"):
        change_user(tmp_path / "users.txt", name, PASSWORD)


def test_a_short_password_will_not_do(tmp_path: Path) -> None:
    with pytest.raises(SettingsInvalid, match="expected 8"):
        change_user(tmp_path / "users.txt", "anna", "1234567")


@pytest.mark.parametrize(
    "line",
    [
        "anna",
        "anna:plain",
        ":scrypt$2$00$00",
        "anna:scrypt$3$00$00",
        "anna:scrypt$99999999999$00$00",
        "anna:scrypt$2$zz$00",
        "anna:scrypt$2$00",
    ],
)
def test_a_line_of_another_form_is_named(tmp_path: Path, line: str) -> None:
    path = tmp_path / "users.txt"
    path.write_text(f"\n{line}\n", encoding="utf-8")
    with pytest.raises(SettingsInvalid, match=r"line 2.*askreport user NAME --auth-file"):
        Login(path)


def test_no_file_and_no_users(tmp_path: Path) -> None:
    with pytest.raises(SettingsInvalid, match=r"users\.txt cannot be read"):
        Login(tmp_path / "users.txt")
    (tmp_path / "users.txt").write_text("")
    with pytest.raises(SettingsInvalid, match="names nobody"):
        Login(tmp_path / "users.txt")


def test_who_knows_the_password_is_in(users: Path) -> None:
    login = Login(users)
    wanted = [
        (header("anna", PASSWORD), "in"),
        (header("anna", PASSWORD), "in"),
        (header("anna", PASSWORD + " "), "out"),
        (header("bo", PASSWORD), "out"),
        (header("nobody", PASSWORD), "out"),
        (header("", ""), "out"),
        ("", "out"),
        ("Bearer x", "out"),
        ("Basic ???", "out"),
        ("Basic " + base64.b64encode(b"\xff\xfe:x").decode(), "out"),
        ("Basic " + "A" * 5000, "out"),
    ]
    assert check(login, *(one for one, _ in wanted)) == [outcome for _, outcome in wanted]


def test_guessing_is_limited_by_name_and_holds_up_nobody_who_is_in(users: Path) -> None:
    now = [0.0]
    login = Login(users, clock=lambda: now[0])
    good, other = header("anna", PASSWORD), header("bo", "another password")
    guesses = [header("anna", f"guess {number}") for number in range(GUESSES + 2)]
    assert check(login, *guesses) == ["out"] * GUESSES + ["wait"] * 2
    assert check(login, good, other) == ["wait", "in"]
    now[0] = 61.0
    assert check(login, good, *guesses, good) == ["in", *["out"] * GUESSES, "wait", "wait", "in"]


def test_guessing_of_names_is_limited_too(users: Path) -> None:
    login = Login(users, clock=lambda: 0.0)
    names = [header(f"name{number}", "x") for number in range(GUESSES + 1)]
    assert check(login, *names) == ["out"] * GUESSES + ["wait"]
    assert ALL_GUESSES > GUESSES


def test_nothing_is_served_without_the_login(users: Path, tmp_path: Path) -> None:
    options = ("--index-dir", report_index(), "--set", "reports.folder=none")
    served = start_chat(tmp_path, *options, "--auth-file", users)
    try:
        for path in ("", "config", "gradio_api/info", "theme.css", "evaluation", "static/x"):
            response = httpx.get(served.url + path, headers={"Accept-Language": "zh-CN"})
            assert response.status_code == 401, path
            assert response.text == CHINESE.login_wanted
            assert response.headers["www-authenticate"].startswith("Basic ")
            assert "default-src 'self'" in response.headers["content-security-policy"]
        joined = httpx.post(served.url + "gradio_api/queue/join", json={"data": []})
        assert joined.status_code == 401
        inside = httpx.get(served.url, headers={"Authorization": header("anna", PASSWORD)})
        assert inside.status_code == 200
        wrong = [header("anna", f"guess {number}") for number in range(GUESSES + 1)]
        last = [
            httpx.get(served.url, headers={"Authorization": one, "Accept-Language": "en"})
            for one in wrong
        ][-1]
        assert (last.status_code, last.text) == (429, ENGLISH.login_wait)
        assert PASSWORD not in served.log.read_text()
    finally:
        served.end()


@pytest.mark.parametrize(
    "options", [["--host", "0.0.0.0"], ["--share"], ["--host", "example.test"]]
)
def test_sharing_without_a_login_is_refused(tmp_path: Path, options: list[str]) -> None:
    result = run("chat", *options, "--index-dir", str(tmp_path / "no"))
    assert result.returncode == 1
    assert "askreport user NAME --auth-file" in result.stderr
    assert "--no-auth" in result.stderr
    assert result.stderr.count("\n") == 1


def test_users_are_made_on_the_command_line(tmp_path: Path) -> None:
    path = str(tmp_path / "users.txt")
    assert run("user", "anna", "--auth-file", path, input_=f"{PASSWORD}\n").returncode == 0
    assert matches(PASSWORD, read_users(tmp_path / "users.txt")["anna"])
    assert run("user", "anna", "--auth-file", path, "--remove").returncode == 0
    assert read_users(tmp_path / "users.txt") == {}


def test_what_readers_left_is_shown_and_deleted(tmp_path: Path) -> None:
    kept = tmp_path / "feedback.jsonl"
    row = {"id": "feedback-001", "question": "电池\x1b[31m?", "lang": "zh", "type": "feedback"}
    row |= {"section": None, "evidence": [], "answer": None, "answer_keys": [], "history": []}
    kept.write_text(json.dumps(row) + "\n")
    setting = ("--set", f"web.feedback_file={kept}")
    shown = run("data", *setting)
    assert "1 question(s)" in shown.stdout
    assert "feedback-001  电池 [31m?" in shown.stdout
    assert run("data", "--delete", *setting).stdout.startswith("Deleted: 1 question(s)")
    assert not kept.exists()
    assert "0 question(s)" in run("data", *setting).stdout


def run(*arguments: str, input_: str = "") -> "subprocess.CompletedProcess[str]":
    return subprocess.run(
        [sys.executable, "-m", "askreport", *arguments],
        input=input_,
        capture_output=True,
        text=True,
        env=ENVIRONMENT,
        timeout=300,
    )
