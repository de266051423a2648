"""A login before all that the page serves: HTTP Basic, hashed passwords, a limit on guessing.

Browsers ask for it by themselves, programs send it in a header, and no route of Gradio's can forget
it. A password travels with every request, so beyond this machine there must be TLS (README).

A file of users has one line each: `name:scrypt$cost$salt$hash`, made by `askreport user`. Guesses
are counted by name, since an address can be made up; they do not hold up who is logged in already.
"""

import asyncio
import base64
import binascii
import hashlib
import hmac
import os
import secrets
import tempfile
import time
from collections import deque
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Final, Literal

from askreport.errors import AskReportError, SettingsInvalid

Outcome = Literal["in", "out", "wait"]

PASSWORD_CHARS: Final = 8  # at least
GUESSES: Final = 5  # wrong ones per name and `WINDOW_SECONDS`
ALL_GUESSES: Final = 60  # wrong ones of all names; each costs a hash
WINDOW_SECONDS: Final = 60.0
HEADER_CHARS: Final = 1000
_COST: Final = 1 << 15  # 32 MiB and some 0.1 s for a guess
_BLOCK: Final = 8
_NOBODY: Final = f"scrypt${_COST}${'00' * 16}${'00' * 32}"  # as dear as a real one, fits nothing


class Login:
    """Decides about requests by their Authorization header. One event loop uses it."""

    def __init__(self, path: Path, clock: Callable[[], float] = time.monotonic) -> None:
        """Raises `SettingsInvalid` where the file cannot be read or names nobody."""
        self._path = path
        self._clock = clock
        self._users = read_users(path)
        if not self._users:
            raise SettingsInvalid(
                f"{path} names nobody; add a user: askreport user NAME --auth-file {path}"
            )
        self._key = secrets.token_bytes(32)
        self._known: dict[str, bytes] = {}  # by name, what was found right before
        self._wrong: dict[str, deque[float]] = {}
        self._hashing = asyncio.Lock()

    async def check(self, header: str) -> Outcome:
        """Whether a request with this header is let in, must log in, or must wait."""
        name, password = _credentials(header)
        if not name:
            return "out"
        proof = hmac.digest(self._key, header.encode("utf-8", "replace"), "sha256")
        if hmac.compare_digest(self._known.get(name, b""), proof):
            return "in"
        async with self._hashing:  # one at a time: guessing must not take all cores
            if self._guessed(name) >= GUESSES or self._guessed("") >= ALL_GUESSES:
                return "wait"
            stored = self._users.get(name, _NOBODY)
            if await asyncio.to_thread(matches, password, stored):
                self._known[name] = proof
                return "in"
            for counted in (name if name in self._users else "?", ""):
                self._wrong.setdefault(counted, deque()).append(self._clock())
            return "out"

    def _guessed(self, name: str) -> int:
        """Wrong guesses of late; of all names for "", of all unknown ones for one of these."""
        times = self._wrong.get(name if name in self._users or not name else "?", deque())
        while times and times[0] < self._clock() - WINDOW_SECONDS:
            times.popleft()
        return len(times)


def _credentials(header: str) -> tuple[str, str]:
    scheme, _, encoded = header.partition(" ")
    if scheme.lower() != "basic" or len(header) > HEADER_CHARS:
        return "", ""
    try:
        name, _, password = base64.b64decode(encoded, validate=True).decode("utf-8").partition(":")
    except (binascii.Error, UnicodeDecodeError, ValueError):
        return "", ""
    return name, password


def hashed(password: str) -> str:
    """A password as a file of users keeps it."""
    salt = secrets.token_bytes(16)
    return f"scrypt${_COST}${salt.hex()}${_scrypt(password, salt, _COST).hex()}"


def matches(password: str, stored: str) -> bool:
    """Whether a password is the one that was hashed."""
    _, cost, salt, expected = stored.split("$")
    return hmac.compare_digest(
        _scrypt(password, bytes.fromhex(salt), int(cost)), bytes.fromhex(expected)
    )


def _scrypt(password: str, salt: bytes, cost: int) -> bytes:
    memory = 2 * 128 * _BLOCK * cost
    text = password.encode("utf-8", "replace")
    return hashlib.scrypt(text, salt=salt, n=cost, r=_BLOCK, p=1, maxmem=memory, dklen=32)


def read_users(path: Path) -> dict[str, str]:
    """Hashes by name. Raises `SettingsInvalid` for a file that is missing or of another form."""
    try:
        lines = path.read_text(encoding="utf-8").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        reason = getattr(error, "strerror", None) or "no UTF-8"
        raise SettingsInvalid(
            f"Users file {path} cannot be read ({reason}); make one:"
            f" askreport user NAME --auth-file {path}"
        ) from error
    users: dict[str, str] = {}
    for number, line in enumerate(lines, 1):
        name, _, stored = line.strip().partition(":")
        if not line.strip():
            continue
        if not name or not _is_hash(stored):
            raise SettingsInvalid(
                f"Users file {path}, line {number}: expected name:scrypt$...; remove the line and"
                f" add the user anew: askreport user NAME --auth-file {path}"
            )
        users[name] = stored
    return users


def _is_hash(stored: str) -> bool:
    kind, *parts = stored.split("$")
    if kind != "scrypt" or len(parts) != 3 or not parts[0].isdecimal():
        return False
    cost = int(parts[0]) if len(parts[0]) < 8 else 0
    try:
        return 1 < cost <= 1 << 20 and not cost & (cost - 1) and all(map(bytes.fromhex, parts[1:]))
    except ValueError:
        return False


def change_user(path: Path, name: str, password: str | None) -> None:
    """Set the password of a user, or take the user out of the file where there is none.

    Raises `SettingsInvalid` for a name or a password that will not do, or for nobody of that name.
    """
    if not name or len(name) > 64 or not name.isprintable() or ":" in name or name != name.strip():
        raise SettingsInvalid(f"User name {name!r} will not do; up to 64 characters, no colon.")
    if password is not None and len(password) < PASSWORD_CHARS:
        raise SettingsInvalid(f"The password is short; expected {PASSWORD_CHARS} characters.")
    users = read_users(path) if path.exists() else {}
    if password is None and name not in users:
        raise SettingsInvalid(f"Nobody is called {name!r} in {path}; known: {', '.join(users)}.")
    users.pop(name, None)
    if password is not None:
        users[name] = hashed(password)
    _write(path, users)


def _write(path: Path, users: Mapping[str, str]) -> None:
    """Replace the file in one step; only its owner can read it."""
    text = "".join(f"{name}:{stored}\n" for name, stored in users.items())
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        descriptor, new = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
        with os.fdopen(descriptor, "w", encoding="utf-8") as file:
            file.write(text)
        Path(new).replace(path)
    except OSError as error:
        raise AskReportError(
            f"Cannot write {path} ({error.strerror}); name another file with --auth-file."
        ) from error
