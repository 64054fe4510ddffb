"""The file names of a part: all that a reader could show or save it by, and what is deceptive about them.

From the parameters of Content-Disposition and Content-Type, by RFC 2231, by encoded words (which RFC 2047 §5 forbids
in parameters, and most mailers write), and by what stands there. A name is text to be judged, never a path.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import Final
from unicodedata import normalize
from urllib.parse import unquote_to_bytes

from gatepost.mail.header import decode_words, known_charset
from gatepost.mail.lookalike import plain_letters
from gatepost.mail.mime.ambiguity import Trick
from gatepost.mail.mime.bounds import MAX_NAMES
from gatepost.mail.mime.parameters import Parameter, Value

Doubt = tuple[Trick, str]

_NAME: Final = re.compile(r"(?:file)?name(?:\*(\d{1,5}))?(\*)?")
_BIDI: Final = re.compile("[\u202a-\u202e\u2066-\u2069]")
# Joiners and variation selectors are parts of letters and emoji, and some mobile systems write direction marks.
_INVISIBLE: Final = re.compile(
    "[\x00-\x1f\x7f\u00ad\u034f\u115f\u1160\u17b4\u17b5\u180b-\u180e\u200b\u2028\u2029\u2060-\u2065"
    "\u206a-\u206f\u3164\ufeff\uffa0\U000e0000-\U000e0fff]"
)
_MAX_NAME: Final = 1000
_SHOWN: Final = 60


def file_names(values: Sequence[Value]) -> tuple[tuple[str, ...], tuple[Doubt, ...]]:
    """Give the names that these values tell, the one that most readers take first, and what is doubtful."""
    names: dict[str, None] = {}
    doubts: dict[Doubt, None] = {}
    for value in values:
        for name in _names(value, doubts):
            if name and len(names) < MAX_NAMES:
                names[name[:_MAX_NAME]] = None
    if not names:
        return (), tuple(doubts)
    if len({_extension(name) for name in names}) > 1:
        shown = " or ".join([repr(name[:_SHOWN]) for name in list(names)[:3]])
        doubts[Trick.NAMES_DIFFER, f"readers see different names: {shown}"] = None
    for name in names:
        doubts.update(dict.fromkeys(deceptions(name)))
    return tuple(names), tuple(doubts)


def deceptions(name: str) -> Iterator[Doubt]:
    """Tell what makes a name look like another one."""
    if name.isascii() and name.isprintable():
        return
    shown = ascii(name[:_SHOWN])
    if _BIDI.search(name):
        yield Trick.NAME_BIDI, f"the name turns the direction of writing, so it is shown otherwise: {shown}"
    if _INVISIBLE.search(name):
        yield Trick.NAME_INVISIBLE, f"the name has characters that are not shown: {shown}"
    looks = plain_letters(normalize("NFKC", name)).rpartition(".")[2]
    if looks.isascii() and looks.isalnum() and looks.lower() != _extension(name).strip():
        yield (
            Trick.NAME_HOMOGLYPH,
            f"the end of the name looks like .{looks[:_SHOWN]} and is written in other letters: {shown}",
        )


def _extension(name: str) -> str:
    stem, dot, extension = name.rpartition(".")
    return extension.lower() if dot and stem else ""


def _names(value: Value, doubts: dict[Doubt, None]) -> Iterator[str]:
    plain: list[Parameter] = []
    pieces: list[tuple[int, bool, str]] = []
    extended: list[str] = []
    for parameter in value.parameters:
        kind = _NAME.fullmatch(parameter.name)
        if kind is None:
            continue
        if kind[1] is not None:
            pieces.append((int(kind[1]), kind[2] is not None, parameter.value))
        elif kind[2]:
            extended.append(parameter.value)
        else:
            plain.append(parameter)
    for text in extended:
        yield _extended(text, doubts)
    if pieces:
        yield from _continued(pieces, doubts)
    for parameter in plain:
        yield from _plain(parameter, doubts)


def _plain(parameter: Parameter, doubts: dict[Doubt, None]) -> Iterator[str]:
    for reading in (parameter.value, *parameter.others):
        text = _utf8(reading)
        if "=?" not in text:
            yield text.strip()
            continue
        decoded = decode_words(text).strip()
        if decoded != text:
            doubts[
                Trick.NAME_ENCODED_WORD, "a file name is in encoded words, which not all readers decode"
            ] = None
        yield decoded
        if "=?" in decoded:  # what is left over may be decoded once more by another
            again = decode_words(decoded).strip()
            if again != decoded:
                doubts[Trick.ENCODED_WORD_NESTED, "an encoded word stands within an encoded word"] = None
                yield again
        joined = re.sub(r"\s", "", text)
        if joined != text:  # folded within a word
            yield decode_words(joined).strip()
    if '"' in "".join(parameter.others) or any("\\" in other for other in parameter.others):
        doubts[Trick.NAME_BROKEN, "the quotes of a file name are broken, so readers end it elsewhere"] = None


def _extended(text: str, doubts: dict[Doubt, None]) -> str:
    """Decode charset'language'percent-encoded (RFC 2231 §4)."""
    charset, quote, rest = text.partition("'")
    _, second, encoded = rest.partition("'")
    if not quote or not second:
        doubts[Trick.NAME_BROKEN, "a file name has no charset where RFC 2231 wants one"] = None
        charset, encoded = "", text
    return _decode(unquote_to_bytes(encoded.encode("latin-1")), charset)


def _continued(pieces: list[tuple[int, bool, str]], doubts: dict[Doubt, None]) -> Iterator[str]:
    """Put together what is spread over parameters (RFC 2231 §3): by number, up to a gap, and as they come."""
    ordered = sorted(pieces, key=lambda piece: piece[0])
    numbers = [number for number, _, _ in ordered]
    if numbers != list(range(len(numbers))):
        doubts[Trick.NAME_CONTINUED, f"the pieces of a file name are numbered {numbers[:10]}"] = None
    elif ordered != pieces:
        doubts[Trick.NAME_CONTINUED, "the pieces of a file name are not in order"] = None
    upto = [piece for at, piece in enumerate(ordered) if piece[0] == at]
    for chosen in (ordered, upto, pieces):
        if chosen:
            yield _joined(chosen)


def _joined(pieces: list[tuple[int, bool, str]]) -> str:
    charset, encoded = "", False
    octets = b""
    for place, (_, percent, text) in enumerate(pieces):
        piece = text.encode("latin-1")
        if percent:
            if not place and text.count("'") >= 2:
                charset, _, rest = text.partition("'")
                piece = rest.partition("'")[2].encode("latin-1")
            piece, encoded = unquote_to_bytes(piece), True
        octets += piece
    text = _decode(octets, charset) if encoded else _utf8(octets.decode("latin-1"))
    return decode_words(text) if "=?" in text else text


def _decode(octets: bytes, charset: str) -> str:
    codec = known_charset(charset.strip().lower())
    return octets.decode(codec, "replace").strip() if codec else _utf8(octets.decode("latin-1")).strip()


def _utf8(latin: str) -> str:
    if latin.isascii():
        return latin
    octets = latin.encode("latin-1")
    try:
        return octets.decode()
    except UnicodeDecodeError:
        return octets.decode("cp1252", "replace")
