"""The reader for Windows shortcuts (MS-SHLLINK): what they start, with which arguments, under which icon."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

from gatepost.checks.content.formats.format import Budget, Link, Seen, Sight, Trait

_HEADER: Final = 76
_HAS_IDS, _HAS_INFO, _NAMED, _RELATIVE, _FOLDER, _ARGUMENTS, _ICON, _WIDE = (1 << n for n in range(8))
_STRINGS: Final = (
    (_NAMED, "described as"),
    (_RELATIVE, "starts"),
    (_FOLDER, "in"),
    (_ARGUMENTS, "with the arguments"),
    (_ICON, "shown with the icon of"),
)
_ADDRESS: Final = re.compile(
    r"(?:https?|ftp|file)://[^\s\"'<>|)]{3,2000}|\\\\[\w.-]{1,200}\\[^\s\"'<>|]{1,500}", re.IGNORECASE
)
_PATH: Final = re.compile(r"[A-Za-z]:\\[\x20-\x7e]{3,260}|%[A-Za-z]{2,40}%\\[\x20-\x7e]{3,260}")
_SHOWN: Final = 250


def read_lnk(octets: bytes, budget: Budget) -> Iterator[Sight]:  # noqa: ARG001 - a reader's signature
    """Read a shortcut. Raises ValueError when it is cut off."""
    flags = int.from_bytes(octets[20:24], "little")
    at = _HEADER
    if flags & _HAS_IDS:
        at += 2 + int.from_bytes(octets[at : at + 2], "little")
    if flags & _HAS_INFO:
        at += max(int.from_bytes(octets[at : at + 4], "little"), 4)
    said: list[str] = []
    for flag, words in _STRINGS:
        if flags & flag:
            text, at = _string(octets, at, wide=bool(flags & _WIDE))
            said.append(f"{words} {text}")
    both = octets[:65_536].decode("latin-1") + "\n" + octets[:65_536].decode("utf-16-le", "replace")
    target = _PATH.search(both)
    if target is not None:
        said.insert(0, f"points to {target[0]}")
    if said:
        yield Seen(Trait.SHORTCUT, "; ".join(said)[:_SHOWN])
    for address in dict.fromkeys(_ADDRESS.findall(" ".join(said) + "\n" + both)):
        yield Link(address)


def _string(octets: bytes, at: int, *, wide: bool) -> tuple[str, int]:
    size = int.from_bytes(octets[at : at + 2], "little") * (2 if wide else 1)
    end = at + 2 + size
    if at + 2 > len(octets):
        raise ValueError("a shortcut that is cut off")
    text = octets[at + 2 : end].decode("utf-16-le" if wide else "windows-1252", "replace")
    return " ".join(text.split()), end


def read_internet_shortcut(octets: bytes, budget: Budget) -> Iterator[Sight]:  # noqa: ARG001 - a reader's signature
    """Read a shortcut that is text: of Windows (`URL=`), of a desktop (`Exec=`), or of the shell (`Command=`)."""
    from gatepost.checks.content.formats.text import decoded

    for line in decoded(octets)[:65_536].splitlines():
        key, equals, value = line.partition("=")
        key, value = key.strip().lower(), value.strip()
        if equals and key in ("url", "baseurl", "iconfile"):
            yield Link(value)
        if equals and key in ("url", "exec", "command", "tryexec"):
            yield Seen(Trait.SHORTCUT, f"starts {value}"[:_SHOWN])
