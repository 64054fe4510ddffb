"""What the header of a part says that it is: type, boundary, encoding, names; each in every way it can be read.

Between the fields and the tree. A field that comes twice, or is not as the grammar has it, is read in all ways that
some reader does, the usual first.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Final

from msgspec import Struct

from gatepost.mail.mime import parameters
from gatepost.mail.mime.ambiguity import Trick
from gatepost.mail.mime.bounds import MAX_READINGS
from gatepost.mail.mime.encodings import IDENTITY, KNOWN
from gatepost.mail.mime.names import Doubt, file_names
from gatepost.mail.mime.parameters import Parameter, Value
from gatepost.mail.mime.part import Field
from gatepost.mail.mime.text import DISGUISES, is_known

MAX_BOUNDARY: Final = 70
"""Characters, RFC 2046 §5.1.1."""
_LONGEST_BOUNDARY: Final = 1000
_TYPE: Final = re.compile(r"[a-z0-9!#$&^_.+-]{1,127}/[a-z0-9!#$&^_.+-]{1,127}")
_LOOSE_TYPE: Final = re.compile(r"""["'\s]*([^\s/\\"';,]{1,127})\s*[/\\][\s"']*([^\s;,"']{0,127})""")
_LONGEST_ENCODING: Final = 1000
_NO_LETTER: Final = re.compile(r"[^a-z0-9]")
_TOKEN: Final = re.compile(r"[a-z0-9_-]{1,40}")
_SHOWN: Final = 60


class Claims(Struct, frozen=True):
    """All that the fields of a part could be read to say; the usual reading of each first."""

    media_types: tuple[str, ...]
    parameters: tuple[tuple[str, str], ...] = ()
    boundaries: tuple[bytes, ...] = ()
    charsets: tuple[str, ...] = ()
    encodings: tuple[str, ...] = ("",)
    disposition: str = ""
    names: tuple[str, ...] = ()
    doubts: tuple[Doubt, ...] = ()


def claims(fields: tuple[Field, ...], usual_type: str) -> Claims:
    """Read the fields; `usual_type` is what a part is that names no type."""
    types: list[bytes] = []
    encodings: list[bytes] = []
    dispositions: list[bytes] = []
    for field in fields:
        if not field.name.startswith("content-"):
            continue
        if field.name == "content-type":
            types.append(field.value)
        elif field.name == "content-transfer-encoding":
            encodings.append(field.value)
        elif field.name == "content-disposition":
            dispositions.append(field.value)
    if not types and not encodings and not dispositions:
        return Claims((usual_type,))
    doubts: dict[Doubt, None] = {}
    typed = [value for raw in _bounded(types) for value in parameters.read(raw)]
    disposed = [value for raw in _bounded(dispositions) for value in parameters.read(raw)]
    media_types = _media_types(types, typed, usual_type, doubts) if types else (usual_type,)
    named = {
        parameter.name.partition("*")[0] for value in (*typed, *disposed) for parameter in value.parameters
    }
    names: tuple[str, ...] = ()
    if "filename" in named or "name" in named:
        names, about_names = file_names([*disposed, *typed])
        doubts.update(dict.fromkeys(about_names))
    return Claims(
        media_types,
        tuple([(parameter.name, parameter.value) for parameter in typed[0].parameters]) if typed else (),
        _boundaries(typed, doubts) if "boundary" in named else (),
        _charsets(typed, doubts) if "charset" in named else (),
        _encodings(encodings, doubts) if encodings else ("",),
        disposed[0].head.lower() if disposed else "",
        names,
        tuple(doubts),
    )


def _bounded(values: list[bytes]) -> list[bytes]:
    """Take the first ones and the last: readers take the first or the last."""
    return values if len(values) <= MAX_READINGS else [*values[: MAX_READINGS - 1], values[-1]]


def _media_types(
    raw: list[bytes], values: list[Value], usual_type: str, doubts: dict[Doubt, None]
) -> tuple[str, ...]:
    found: dict[str, None] = {}
    for value in values:
        head = value.head.lower()
        if not _TYPE.fullmatch(head):
            doubts[Trick.TYPE_BROKEN, f"the Content-Type is broken: {value.head[:_SHOWN]!r}"] = None
            loose = _LOOSE_TYPE.match(head)
            if loose is not None:
                found[f"{loose[1]}/{loose[2]}"] = None
            elif value.named("boundary"):
                found["multipart/mixed"] = None
            head = usual_type  # for a reader who takes nothing that is broken (RFC 2045 §5.2)
        found[head] = None
        if not value.whole:
            doubts[
                Trick.TYPE_BROKEN, "the Content-Type is longer, or has more parameters, than any reader wants"
            ] = None
    if len(set(raw)) > 1:
        doubts[
            Trick.TYPE_TWICE, f"there are {len(raw)} Content-Type fields; readers take the first or the last"
        ] = None
    return tuple(found)


def _values(values: Iterable[Value], name: str) -> list[str]:
    """Give all readings of a parameter, those by RFC 2231 among them."""
    readings: dict[str, None] = {}
    for value in values:
        pieces: list[tuple[int, Parameter]] = []
        for parameter in value.parameters:
            if parameter.name == name:
                readings.update(dict.fromkeys((parameter.value, *parameter.others)))
            elif parameter.name == name + "*":
                readings[parameter.value.rpartition("'")[2]] = None
            elif parameter.name.startswith(name + "*"):
                number = parameter.name[len(name) + 1 :].rstrip("*")
                if number.isdecimal() and len(number) < 6:
                    pieces.append((int(number), parameter))
        if pieces:
            pieces.sort(key=lambda piece: piece[0])
            readings["".join([piece.value.rpartition("'")[2] for _, piece in pieces])] = None
    return list(readings)


def _boundaries(values: list[Value], doubts: dict[Doubt, None]) -> tuple[bytes, ...]:
    found: dict[bytes, None] = {}
    texts = _values(values, "boundary")[: 2 * MAX_READINGS]
    if len(texts) > 1:
        shown = " or ".join([repr(text[:_SHOWN]) for text in texts[:3]])
        doubts[Trick.BOUNDARY_BROKEN, f"readers take different boundaries: {shown}"] = None
    for text in texts:
        for reading in (text.rstrip(), text, "".join(text.split())):
            boundary = reading.encode("latin-1", "replace")[:_LONGEST_BOUNDARY]
            if len(boundary) > MAX_BOUNDARY:
                doubts[
                    Trick.BOUNDARY_LONG,
                    f"a boundary of {len(reading)} characters, of which some readers take the first {MAX_BOUNDARY}",
                ] = None
            found[boundary] = None
    return tuple(found)


def _charsets(values: list[Value], doubts: dict[Doubt, None]) -> tuple[str, ...]:
    found = [text.strip().strip("'").lower() for text in _values(values, "charset")][:MAX_READINGS]
    found = list(dict.fromkeys([charset for charset in found if charset]))
    strict = {
        parameter.value.lower()
        for value in values
        for parameter in value.parameters
        if parameter.name == "charset"
    }
    if len(strict) > 1:
        doubts[Trick.CHARSET_TWICE, f"the charset is {' or '.join(sorted(strict))[:_SHOWN]}"] = None
    for charset in found:
        if charset in DISGUISES:
            doubts[
                Trick.CHARSET_DISGUISE, f"the text is in {charset}, in which plain words are not seen as such"
            ] = None
    if found and not any(is_known(charset) for charset in found):
        doubts[Trick.CHARSET_UNKNOWN, f"nobody knows the charset {found[0][:_SHOWN]!r}"] = None
    return tuple(found)


def _encodings(raw: list[bytes], doubts: dict[Doubt, None]) -> tuple[str, ...]:
    found: dict[str, None] = {}
    strict: dict[str, None] = {}
    for value in _bounded(raw):
        text = value[:_LONGEST_ENCODING].decode("latin-1").strip().lower()
        strict["" if text in IDENTITY else text] = None
        if text in KNOWN:
            found[text] = None
            continue
        found[""] = None
        known = _known_in(text)
        found.update(dict.fromkeys(known))
        shown = repr(text[:_SHOWN])
        if known:
            doubts[
                Trick.ENCODING_BROKEN,
                f"the transfer encoding is {shown}; some readers take it for {known[0]}, some for none",
            ] = None
        else:
            doubts[Trick.ENCODING_UNKNOWN, f"nobody knows the transfer encoding {shown}"] = None
    if len(strict) > 1:
        shown = " and ".join([repr(text) for text in list(strict)[:3]])[:_SHOWN]
        doubts[Trick.ENCODING_TWICE, f"there is more than one transfer encoding: {shown}"] = None
    return tuple(found)


def _known_in(text: str) -> list[str]:
    """Find the encodings that a lenient reader could see in a value that is none."""
    plain = parameters.without_comments(text) if "(" in text else text
    tokens = [token for token in _TOKEN.findall(plain) if token in KNOWN and token not in IDENTITY]
    squeezed = _NO_LETTER.sub("", plain)
    lenient = [
        encoding for encoding in ("base64", "quoted-printable") if encoding.replace("-", "") in squeezed
    ]
    return list(dict.fromkeys([*tokens, *lenient]))
