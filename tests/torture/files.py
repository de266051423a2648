"""S5: report files that no one should hand in: read right, or refused by name with a way out."""

import io
import os
import random
import time
import zipfile
from collections.abc import Callable
from pathlib import Path

from askreport.errors import ReportUnreadable
from askreport.reading import read_report
from tests.torture.rows import Tally, row
from tests.torture.shared import askreport, spread

SECONDS = 20.0
TEXT = (
    "低空经济是指利用低空空域的经济形态。\n第二句话说的是芯片与能源。\n第三句话说的是材料的价格。\n"
    * 4
)
MARKED = "第二句话说的是芯片与能源。"  # what a right reading holds


def _bytes_of(*parts: bytes) -> Callable[[Path], object]:
    return lambda path: path.write_bytes(b"".join(parts))


def _zip_bomb() -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("word/document.xml", b"0" * 50_000_000)
    return buffer.getvalue()


def _noise(size: int, seed: int) -> bytes:
    return random.Random(seed).randbytes(size)


_PDF = b"%PDF-1.7\n1 0 obj<</Type/Catalog>>endobj\ntrailer<</Root 1 0 R>>\n%%EOF"
_UTF8 = TEXT.encode()
READ: dict[str, Callable[[Path], object]] = {
    "UTF-8": _bytes_of(_UTF8),
    "UTF-8 with a mark": _bytes_of(b"\xef\xbb\xbf", _UTF8),
    "GBK": _bytes_of(TEXT.encode("gbk")),
    "GB18030": _bytes_of((TEXT + "𠀀字。").encode("gb18030")),
    "UTF-16 LE": _bytes_of(b"\xff\xfe", TEXT.encode("utf-16-le")),
    "UTF-16 BE": _bytes_of(b"\xfe\xff", TEXT.encode("utf-16-be")),
    "UTF-32 LE": _bytes_of(b"\xff\xfe\x00\x00", TEXT.encode("utf-32-le")),
    "UTF-32 BE": _bytes_of(b"\x00\x00\xfe\xff", TEXT.encode("utf-32-be")),
    "Windows line ends": _bytes_of(TEXT.replace("\n", "\r\n").encode()),
    "old Mac line ends": _bytes_of(TEXT.replace("\n", "\r").encode()),
    "form feeds": _bytes_of(TEXT.replace("\n", "\f").encode()),
    "no last line end": _bytes_of(TEXT.strip().encode()),
    "a thousand empty lines": _bytes_of(TEXT.replace("\n", "\n" * 1000).encode()),
    "escape sequences": _bytes_of(TEXT.replace("\n", "\x1b[31m\n").encode()),
    "zero-width characters": _bytes_of(TEXT.replace("\n", "\u200b\n").encode()),
    "a link to the file": lambda path: _link(path, _UTF8),
}
REFUSED: dict[str, Callable[[Path], object]] = {
    "missing": lambda path: None,
    "0 bytes": _bytes_of(b""),
    "only spaces": _bytes_of(" \n\t\u3000\n".encode()),
    "only a mark": _bytes_of(b"\xef\xbb\xbf"),
    "only zero-width characters": _bytes_of("\u200b\ufeff\u200d\n".encode()),
    "NUL bytes": _bytes_of(_UTF8[:60], b"\x00", _UTF8[60:]),
    "all NUL": _bytes_of(b"\x00" * 5000),
    "noise": _bytes_of(_noise(20_000, 1)),
    "noise beyond ASCII": _bytes_of(bytes(0x80 | b for b in _noise(20_000, 2))),
    "broken UTF-8": _bytes_of(_UTF8[:100], b"\xff\xc0\x80", _UTF8[100:]),
    "cut UTF-8": _bytes_of(_UTF8[:-2]),
    "UTF-16 without a mark": _bytes_of(TEXT.encode("utf-16-le")),
    "odd UTF-16": _bytes_of(b"\xff\xfe", TEXT.encode("utf-16-le"), b"\x41"),
    "surrogates in UTF-8": _bytes_of(_UTF8[:90], b"\xed\xa0\x80", _UTF8[90:]),
    "a PDF called .txt": _bytes_of(_PDF),
    "a cut PDF": _bytes_of(_PDF[:20]),
    "a zip bomb called .txt": _bytes_of(_zip_bomb()),
    "gzip called .txt": _bytes_of(b"\x1f\x8b\x08", _noise(500, 3)),
    "an image called .txt": _bytes_of(b"\x89PNG\r\n\x1a\n", _noise(500, 4)),
    "an old Word file": _bytes_of(b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", _noise(500, 5)),
    "a database": _bytes_of(b"SQLite format 3\x00", _noise(500, 6)),
    "a line of 5 MB": _bytes_of(b"x" * 5_000_000),
    "50 MB": lambda path: os.truncate(_written(path, b"x\n"), 50 << 20),
    "a terabyte of nothing": lambda path: os.truncate(_written(path, b"x\n"), 1 << 40),
    "a folder": lambda path: path.mkdir(),
    "a pipe": lambda path: os.mkfifo(path),
    "a device": lambda path: path.symlink_to("/dev/zero"),
    "a link to itself": lambda path: path.symlink_to(path),
    "a link to nothing": lambda path: path.symlink_to(path.with_name("gone")),
}
_SUFFIXES = (".pdf", ".docx", ".html", ".json", ".csv", ".exe", "", ".txt.gz", ".PDF")


def _written(path: Path, data: bytes) -> Path:
    path.write_bytes(data)
    return path


def _link(path: Path, data: bytes) -> None:
    target = path.with_name("target.txt")
    target.write_bytes(data)
    path.symlink_to(target)


@row("S5", "the right text, or one line that names the file and a way out", quick=54, full=54)
def malformed_reports(count: int, tally: Tally, folder: Path) -> None:
    cases = [(name, make, "report.txt", True) for name, make in READ.items()]
    cases += [(name, make, "report.txt", False) for name, make in REFUSED.items()]
    cases += [(suffix, _bytes_of(_UTF8), f"report{suffix}", False) for suffix in _SUFFIXES]
    for number, (name, make, file_name, readable) in enumerate(spread(cases, count)):
        path = folder / str(number) / file_name
        path.parent.mkdir()
        make(path)
        started = time.monotonic()
        with tally.attempt(name):
            try:
                text = read_report(path).text
            except ReportUnreadable as error:
                message = str(error)
                assert not readable, message
                assert str(path) in message
                assert "\n" not in message
                assert ";" in message or "." in message
            else:
                assert readable, f"read as {text[:60]!r}"
                assert MARKED in text
            assert time.monotonic() - started < SECONDS


@row("S5", "status 1, one line, and the index stays as it was", quick=2, full=12)
def malformed_reports_on_the_command_line(count: int, tally: Tally, folder: Path) -> None:
    good, pointer = folder / "good.txt", folder / "index" / "CURRENT.json"
    good.write_text(TEXT, encoding="utf-8")
    assert askreport("index", good, "--index-dir", folder / "index").returncode == 0
    before = pointer.read_bytes()
    for number, (name, make) in enumerate(spread(list(REFUSED.items()), count)):
        path = folder / str(number) / "report.txt"
        path.parent.mkdir()
        make(path)
        with tally.attempt(name):
            result = askreport("index", path, "--index-dir", folder / "index")
            assert result.returncode == 1, result.stderr
            assert result.stderr.startswith("askreport: ")
            assert result.stderr.count("\n") == 1, result.stderr
            assert path.name in result.stderr
            assert pointer.read_bytes() == before
