"""Text of a file, whatever its encoding, as a program that opens it would take it; and the addresses in a text."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

_DECLARED: Final = re.compile(
    rb"<(?:meta|\?xml)[^>]{0,300}?(?:charset|encoding)\s*=\s*[\"']?([A-Za-z0-9_:.-]{1,40})", re.IGNORECASE
)
_ADDRESS: Final = re.compile(r"\b(?:https?|ftp|file)://[^\s\x00-\x1f\"'<>|\\^`{})]{3,2000}", re.IGNORECASE)
_WIDE_SAMPLE: Final = 512


def decoded(octets: bytes) -> str:
    """Decode text: by its mark, by what it declares, as UTF-8, else as windows-1252. Raises nothing."""
    if octets.startswith(b"\xef\xbb\xbf"):
        return octets[3:].decode("utf-8", "replace")
    if octets.startswith((b"\xff\xfe", b"\xfe\xff")):
        return octets.decode("utf-16", "replace")
    sample = octets[:_WIDE_SAMPLE]
    if sample.count(0) > len(sample) * 0.3:  # western text in UTF-16 without a mark has a zero in each pair
        return octets.decode(
            "utf-16-le" if sample[1::2].count(0) > sample[::2].count(0) else "utf-16-be", "replace"
        )
    declared = _DECLARED.search(octets, 0, 2048)
    if declared is not None:
        try:
            return octets.decode(declared[1].decode("ascii"), "replace")
        except (LookupError, ValueError):  # a name that is none
            pass
    try:
        return octets.decode("utf-8")
    except UnicodeDecodeError:
        return octets.decode("windows-1252", "replace")


def addresses(text: str) -> Iterator[str]:
    """Give the addresses that stand in a text as written, each once, without the mark that ends a sentence."""
    for address in dict.fromkeys(_ADDRESS.findall(text)):
        yield address.rstrip(".,;:!?")
