"""Bytes of a report file to text: by byte order mark, else UTF-8, GB18030 or Big5, always strict.

GB18030 accepts nearly any bytes, so a guess must look right before it is believed: text that is
Unicode but damaged, and Western single-byte text, are refused instead of being turned into noise.
"""

import codecs
import re

from askreport.errors import ReportUnreadable

_MARKS = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF32_LE, "utf-32-le"),  # before UTF-16, whose mark is its beginning
    (codecs.BOM_UTF32_BE, "utf-32-be"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)
_SIGNATURES = (
    (b"%PDF-", "a PDF"),
    (b"PK\x03\x04", "a ZIP archive (or an office document)"),
    (b"\xd0\xcf\x11\xe0", "an old office document"),
    (b"\x1f\x8b", "a gzip archive"),
    (b"\x89PNG", "an image"),
    (b"\xff\xd8\xff", "an image"),
)
_CONTROL_BYTES = bytes(code for code in range(32) if code not in b"\t\n\v\f\r\x1b\x1c\x1d\x1e\x1f")
_CONTROL_SHARE = 0.01  # more control bytes than this is no text
_DAMAGED_SHARE = (
    0.25  # fewer wrong sequences than this among the non-ASCII: UTF-8 with errors in it
)
_DOUBLE_BYTE = re.compile(rb"[\x81-\xfe]([\x30-\xfe])")
_LOW_TRAIL_BIG5 = 0.15  # Big5 second bytes are below 0xA1 in some 2 of 5 characters, GB2312's never
_LOW_TRAIL_WESTERN = (
    0.7  # a lone accented letter takes the ASCII letter after it for its second byte
)
_ADVICE = "save the file as UTF-8"


def decode(data: bytes, name: str) -> str:
    """Text of `data` without its byte order mark; `name` is for the message.

    Raises `ReportUnreadable` for binary content and for text in no encoding that we know.
    """
    for mark, encoding in _MARKS:
        if data.startswith(mark):
            return _strict(data[len(mark) :], encoding, name, len(mark))
    _refuse_binary(data, name)
    try:
        return data.decode("utf-8")
    except UnicodeDecodeError as error:
        return _decode_legacy(data, name, error)


def _strict(data: bytes, encoding: str, name: str, skipped: int) -> str:
    try:
        text = data.decode(encoding)
    except UnicodeDecodeError as error:
        raise ReportUnreadable(
            f"{name}: byte {error.start + skipped} is no valid {encoding.upper()}, which the "
            f"file's byte order mark announces; {_ADVICE}."
        ) from error
    if "\0" in text:
        raise ReportUnreadable(
            f"{name}: holds NUL characters, so it is no plain text; expected text, {_ADVICE}."
        )
    return text


def _refuse_binary(data: bytes, name: str) -> None:
    for signature, kind in _SIGNATURES:
        if data.startswith(signature):
            raise ReportUnreadable(
                f"{name}: is {kind} by its content, expected plain text; "
                "take its text out and save that as UTF-8."
            )
    nul = data.find(b"\0")
    if nul >= 0:
        raise ReportUnreadable(
            f"{name}: byte {nul} is NUL, so it is binary or UTF-16 without a mark; "
            f"expected text, {_ADVICE}."
        )
    controls = len(data) - len(data.translate(None, _CONTROL_BYTES))
    if controls > _CONTROL_SHARE * len(data):
        raise ReportUnreadable(
            f"{name}: {controls} of its {len(data)} bytes are control characters, so it is binary; "
            f"expected text, {_ADVICE}."
        )


def _decode_legacy(data: bytes, name: str, error: UnicodeDecodeError) -> str:
    """Text that is not UTF-8; `error` is how we know."""
    unreadable = ReportUnreadable(
        f"{name}: byte {error.start} (0x{data[error.start]:02X}) fits neither UTF-8 nor GB18030 "
        f"nor Big5; {_ADVICE}."
    )
    lenient = data.decode("utf-8", "replace")
    foreign = len(lenient) - len(lenient.encode("ascii", "ignore"))
    if lenient.count("\ufffd") < _DAMAGED_SHARE * foreign:
        raise unreadable from error
    trails = b"".join(_DOUBLE_BYTE.findall(data))
    high = trails.translate(None, bytes(range(0xA1)))
    low_share = 1 - len(high) / len(trails) if trails else 1.0
    ascii_trails = len(trails) - len(trails.translate(None, bytes(range(0x80))))
    if not trails or ascii_trails > _LOW_TRAIL_WESTERN * len(trails):
        raise unreadable from error
    encodings = ("big5", "gb18030") if low_share > _LOW_TRAIL_BIG5 else ("gb18030", "big5")
    for encoding in encodings:
        try:
            return data.decode(encoding)
        except UnicodeDecodeError:
            continue
    raise unreadable from error
