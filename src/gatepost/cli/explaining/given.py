"""What was given to `gatepost explain`: a code, a reply, a line, files, a bounce, or standard input.

Looks at names and at the first octets; opens nothing for reading in full, and explains nothing.
"""

from __future__ import annotations

import os
import re
from collections.abc import Sequence
from typing import Final, Literal

from msgspec import Struct

STDIN: Final = "-"
HEAD: Final = 1 << 16  # octets that are looked at, and the longest line or reply that is taken as one
Kind = Literal["nothing", "reply", "line", "message", "log"]

_PACKED: Final = (b"\x1f\x8b\x08", b"BZh", b"\xfd7zXZ\x00", b"\x28\xb5\x2f\xfd")  # gzip, bzip2, xz, zstd
_ENDINGS: Final = (
    ".log", ".gz", ".bz2", ".xz", ".zst", ".eml", ".msg", ".txt", ".json", ".jsonl", ".csv", ".err", ".info",
)  # fmt: skip
_CODE: Final = re.compile(r"[0-9]{3}|[245]\.[0-9]{1,3}\.[0-9]{1,3}")
_REPLY_LINE: Final = re.compile(r"\s{0,8}([2-5][0-9]{2})(?:([ \-])|$)")
_FIELD: Final = re.compile(rb"([A-Za-z][A-Za-z0-9-]{0,76})[ \t]{0,4}:[ \t\r\n]")
# Field names of RFC 5322 and of what mail systems put before them; two of them make a message.
_FIELDS: Final = frozenset(
    b"return-path delivered-to received x-original-to envelope-to from to cc subject date message-id mime-version "
    b"content-type content-transfer-encoding auto-submitted reply-to sender precedence x-failed-recipients "
    b"authentication-results dkim-signature in-reply-to references".split()
)


class Text(Struct, frozen=True):
    """Words: a code, a reply, or a line of a log."""

    text: str


class Files(Struct, frozen=True):
    """Files to read; "-" among them is standard input."""

    paths: tuple[str, ...]


class Missing(Struct, frozen=True):
    """Something that cannot be read; the sentence says what, and what to do."""

    sentence: str


def given(words: Sequence[str]) -> Text | Files | Missing:
    """Tell words from files: what exists as a file is one, but what begins with a bare code is a reply."""
    if words and _CODE.fullmatch(words[0]) is not None:
        return Text(well_formed(" ".join(words)))
    there = [word == STDIN or _exists(word) for word in words]
    if not any(there):
        if all(_named_like_a_file(word) for word in words):
            return Missing(f"There is no file {words[0]}; is the name right, and the folder?")
        return Text(well_formed(" ".join(words)))
    for word, found in zip(words, there, strict=True):
        if not found:
            return Missing(f"There is no file {word}; put quotes around a reply of several words.")
        if os.path.isdir(word):  # noqa: PTH112 - a name that no path can have must not raise
            return Missing(f"{word} is a folder; name the files in it: gatepost explain {word.rstrip('/')}/*")
        if word != STDIN and not os.access(word, os.R_OK):
            return Missing(
                f"{word} cannot be read by this user; run this as one who may, or give it by a pipe."
            )
    return Files(tuple(words))


def kind(head: bytes, *, whole: bool) -> Kind:
    """Tell what octets are from the first of them; `whole` says that there are no others."""
    if looks_like_a_message(head):
        return "message"
    if not whole or head.startswith(_PACKED):
        return "log"
    lines = [line for line in head.decode("utf-8", "replace").splitlines() if line.strip()]
    if not lines:
        return "nothing"
    if len(lines) == 1:
        return "line"
    return "reply" if _one_reply(lines) else "log"


def looks_like_a_message(head: bytes) -> bool:
    """Tell whether octets begin as a message does: with header fields of mail."""
    lines = head[:8192].removeprefix(b"\xef\xbb\xbf").lstrip().splitlines()
    if lines and lines[0].startswith((b"From ", b">From ")):  # the first line of an mbox
        del lines[0]
    if not lines or _FIELD.match(lines[0] + b"\n") is None:
        return False
    names: set[bytes] = set()
    for line in lines:
        field = _FIELD.match(line + b"\n")
        if field is not None:
            names.add(field[1].lower())
        elif not line.startswith((b" ", b"\t")):
            break
    return len(names & _FIELDS) >= 2


def well_formed(text: str) -> str:
    """Replace what of an argument was not UTF-8, so that it can be printed as JSON."""
    return text.encode("utf-8", "surrogateescape").decode("utf-8", "replace")


def _exists(word: str) -> bool:
    try:
        return os.path.exists(word)  # noqa: PTH110 - as above
    except ValueError:
        return False


def _named_like_a_file(word: str) -> bool:
    if not word or any(sign in word for sign in " \t\n<>@"):
        return False
    return word.lower().endswith(_ENDINGS) or word.startswith(("/", "./", "../", "~/")) or word.count("/") > 1


def _one_reply(lines: list[str]) -> bool:
    """Tell whether lines are one reply (RFC 5321 §4.2.1): the same code, and a hyphen behind all but the last."""
    found = [_REPLY_LINE.match(line) for line in lines]
    codes = {match[1] for match in found if match is not None}
    return (
        None not in found
        and len(codes) == 1
        and all(match is not None and match[2] == "-" for match in found[:-1])
        and found[-1] is not None
        and found[-1][2] != "-"
    )
