"""The parts of a message, as far as a bounce message needs them: header fields and text, nothing more.

Tolerant and bounded: so many octets, parts and levels are looked at, every step is linear, what is broken is read
as well as it can be, and nothing raises. No view of MIME for a scanner: it does not ask how others would read it.
"""

from __future__ import annotations

import re
from binascii import Error as Base64Error
from binascii import a2b_base64, a2b_qp
from collections.abc import Iterator
from contextlib import suppress
from html import unescape
from string import ascii_lowercase, ascii_uppercase
from typing import Final

from msgspec import Struct

from gatepost.mail.header import decode_words

MAX_OCTETS: Final = 1 << 20
MAX_PARTS: Final = 64
MAX_DEPTH: Final = 4
_MAX_HEADER: Final = 1 << 16
_MAX_FIELDS: Final = 500
_MAX_VALUE: Final = 4000
_FIELD: Final = re.compile(r"([A-Za-z][A-Za-z0-9_.-]{0,76})[ \t]{0,8}:")
_BOUNDARY: Final = re.compile(
    r'boundary[ \t]{0,8}=[ \t]{0,8}(?:"([^"]{1,200})"|([^\s;"]{1,200}))', re.IGNORECASE
)
_CHARSET: Final = re.compile(r"charset[ \t]{0,8}=[ \t]{0,8}\"?([A-Za-z0-9_.:-]{1,40})", re.IGNORECASE)
# Text in other charsets than these is readable enough as Latin for what a bounce has to say.
_CHARSETS: Final = {
    **dict.fromkeys(("iso-2022-jp", "shift_jis", "euc-jp", "euc-kr", "gb18030", "big5", "koi8-r")),
    **{f"windows-{n}": f"cp{n}" for n in range(1250, 1259)},
    **{f"iso-8859-{n}": f"iso-8859-{n}" for n in (2, 5, 7, 9, 15)},
    "gb2312": "gb18030",
    "gbk": "gb18030",
    "ks_c_5601-1987": "cp949",
}
_NEW_LINE: Final = frozenset(
    ("br", "p", "div", "tr", "li", "table", "h1", "h2", "h3", "h4", "hr", "pre", "blockquote", "title")
)
_UNSEEN: Final = ("script", "style", "head")
_LOWER: Final = str.maketrans(ascii_uppercase, ascii_lowercase)  # str.lower() moves what stands behind "İ"


class Part(Struct, frozen=True):
    """A header and the octets behind it. `fields` are (name in lower case, value), unfolded and decoded, in order."""

    fields: tuple[tuple[str, str], ...]
    body: bytes

    def field(self, name: str) -> str:
        """Give the first field of a name (in lower case), "" where there is none."""
        return next((value for key, value in self.fields if key == name), "")

    @property
    def type(self) -> str:
        """The media type in lower case; "text/plain" where there is none."""
        return self.field("content-type").partition(";")[0].strip().lower() or "text/plain"

    def decoded(self) -> bytes:
        """Give the body without its transfer encoding."""
        match self.field("content-transfer-encoding").lower().strip():
            case "base64":
                try:
                    return a2b_base64(self.body + b"==")
                except (Base64Error, ValueError):
                    return self.body
            case "quoted-printable":
                return a2b_qp(self.body)
            case _:
                return self.body

    def text(self) -> str:
        """Give the body as text, its lines ended by LF; HTML without its tags."""
        found = _CHARSET.search(self.field("content-type"))
        text = read(self.decoded(), found[1].lower() if found else "")
        return plain(text) if self.type == "text/html" else text


def read(octets: bytes, charset: str = "") -> str:
    """Give octets as text: UTF-8 where they are, else the charset named, else Latin; lines end with LF."""
    try:
        text = octets.decode("utf-8") if charset != "iso-2022-jp" else octets.decode(charset, "replace")
    except UnicodeDecodeError:
        text = octets.decode(
            _CHARSETS.get(charset) or (charset if charset in _CHARSETS else "cp1252"), "replace"
        )
    return text.replace("\r\n", "\n").replace("\r", "\n").replace("\0", " ")


def message(octets: bytes) -> Part:
    """Take a message apart into header and body; a From_ line of an mbox in front is left out."""
    octets = octets[:MAX_OCTETS].replace(b"\r\n", b"\n").replace(b"\r", b"\n").lstrip(b"\n\xef\xbb\xbf")
    if octets.startswith((b"From ", b">From ")):
        octets = octets.partition(b"\n")[2]
    return split(octets)


def split(octets: bytes) -> Part:
    """Take header and body apart, lines ending with LF.

    Where the blank line is missing, the first line that can be no field begins the body.
    """
    lines = octets[:_MAX_HEADER].split(b"\n")
    raw: list[tuple[str, list[str]]] = []
    at = 0
    for line in lines:
        if not line.strip():
            at += len(line) + 1
            break
        text = read(line[:_MAX_VALUE])
        field = _FIELD.match(text)
        if text[0] in " \t" and raw:
            raw[-1][1].append(text)
        elif field is not None and len(raw) < _MAX_FIELDS:
            raw.append((field[1].lower(), [text[field.end() :]]))
        else:
            break
        at += len(line) + 1
    fields = tuple((name, _unfolded(values)) for name, values in raw)
    return Part(fields, octets[at:])


def _unfolded(values: list[str]) -> str:
    value = " ".join(filter(None, (each.strip() for each in values)))[:_MAX_VALUE]
    return decode_words(value) if "=?" in value else value


def leaves(part: Part, depth: int = 0) -> Iterator[Part]:
    """Give the parts that have no parts of their own, in order, at most MAX_PARTS; messages are not opened."""
    count = 0
    for inner in _children(part):
        nested = (inner,) if depth >= MAX_DEPTH else leaves(inner, depth + 1)
        for leaf in nested:
            yield leaf
            count += 1
            if count >= MAX_PARTS:
                return
    if count == 0:
        yield part


def _children(part: Part) -> Iterator[Part]:
    if not part.type.startswith("multipart/"):
        return
    found = _BOUNDARY.search(part.field("content-type"))
    body = b"\n" + part.body
    if found is not None and (delimiter := b"\n--" + (found[1] or found[2]).strip().encode()) in body:
        pass
    else:  # the parameter is lost or wrong: take the first line that looks like a delimiter
        start = body.find(b"\n--")
        line = body[start : body.find(b"\n", start + 1)].rstrip()
        if start < 0 or not 4 < len(line) < 200 or b" " in line:
            return
        delimiter = line
    # A whole line, as the boundary of a part inside may begin with that of its outer one (RFC 2046 §5.1.2).
    line_of = re.compile(re.escape(delimiter) + rb"(--)?[ \t]*(?=\n|\Z)")
    start, closed = -1, False
    for count, found_line in enumerate(line_of.finditer(body)):
        if start >= 0:
            yield split(body[start : found_line.start()])
        start, closed = found_line.end() + 1, found_line[1] is not None
        if closed or count >= MAX_PARTS:
            return
    if start >= 0 and not closed:
        yield split(body[start:])


def plain(html: str) -> str:
    """Give the text of HTML: tags out, breaks as line ends, entities decoded. Linear, however broken it is."""
    out: list[str] = []
    at, lower = 0, html.translate(_LOWER)
    unclosed: set[str] = set()
    kept = False  # in <pre> line ends count
    while (start := html.find("<", at)) >= 0:
        out.append(html[at:start] if kept else html[at:start].replace("\n", " "))
        end = html.find(">", start)
        if end < 0:
            at = len(html)
            break
        tag = lower[start + 1 : min(end, start + 12)].strip()
        name = tag.lstrip("/").partition(" ")[0].rstrip("/")
        if "@" in html[start:end] and "=" not in html[start:end]:  # an address that was not escaped
            out.append(html[start : end + 1])
        elif name in _UNSEEN and name not in unclosed and not tag.startswith("/"):
            closing = lower.find(f"</{name}", end)
            if closing < 0:
                unclosed.add(name)  # asked once: asking at each of many would be quadratic
            else:
                end = lower.find(">", closing)
                end = len(html) if end < 0 else end
        elif name in _NEW_LINE:
            out.append("\n")
            kept = not tag.startswith("/") if name == "pre" else kept
        at = end + 1
    out.append(html[at:] if kept else html[at:].replace("\n", " "))
    text = "".join(out)
    with suppress(ValueError):  # a character reference of thousands of digits
        text = unescape(text)
    text = text.replace("\u200b", "")  # put into addresses, so that nothing makes links of them
    return "\n".join(" ".join(line.split()) for line in text.split("\n"))
