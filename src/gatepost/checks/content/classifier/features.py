"""What of a message counts for the classifier: three sets of features, each looked at by a part of the model.

- HEADER: which fields stand in which order, and the words, names and hosts in them;
- BODY: words of the texts, tags, hosts of links, kinds of parts;
- OCTETS: all runs of four octets at the begin of the message as it stands, which also knows the languages that write
  no spaces, and words that are b.r.o.k.e.n.

A feature is a number, the place of its weight in a table: hostile input can make features meet, and never more of
them than the bounds allow. Fields that are written by who keeps or delivers a message are left out, since the same
message is judged before they are written, and learned from a folder after that; so are times, which only tell when
the message was collected.

Every pattern takes time that is linear in its text: none can begin a long match at each octet and fail.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from itertools import chain, pairwise
from typing import Final
from zlib import crc32

from msgspec import Struct

from gatepost.mail.header import decode_words
from gatepost.mail.mime import Origin, Part, View

PLACES: Final = 1 << 18
"""Weights in the table of each part of the model."""
_PRIME: Final = 261529
"""Below PLACES; of the primes there the one that lets the fewest runs of octets of real mail meet."""
READ: Final = 1 << 18
"""Octets of a message that are looked at: the rest of a larger one is not needed to tell what it is."""
OCTETS: Final = 2000
MAX_FIELDS: Final = 200
MAX_VALUE: Final = 2000  # characters of the value of a field
MAX_TEXT: Final = 8000  # characters of a text
MAX_TEXTS: Final = 4
MAX_WORDS: Final = 500  # of all texts
_MAX_PARTS: Final = 50
_LETTERS: Final = 8  # characters for each word that is wanted
_LONG: Final = 25  # characters: what is longer is no word

_LEFT_OUT: Final = frozenset(
    (
        *("delivered-to", "return-path", "x-original-to", "envelope-to", "x-envelope-to", "x-envelope-from"),
        *(
            "status",
            "x-status",
            "x-uidl",
            "x-keywords",
            "x-mozilla-status",
            "x-mozilla-status2",
            "x-mozilla-keys",
        ),
        *("lines", "content-length", "x-sorted", "x-loop", "x-pyzor", "x-bogosity", "x-gatepost-marks"),
        *("authentication-results", "x-stranger-authresults", "x-stranger-marks", "received-spf"),
        *("arc-seal", "arc-message-signature", "arc-authentication-results", "x-virus-scanned", "x-label"),
        *("x-received", "x-resolved-to", "x-delivered-to", "x-folder", "x-gmail-labels", "x-gm-thrid"),
    )
)
_LEFT_OUT_BY: Final = ("x-spam", "x-rspamd", "x-ms-exchange", "x-microsoft-antispam", "x-virus", "x-amavis")
_ADDRESSES: Final = frozenset(("from", "to", "cc", "reply-to", "sender"))
_SIGNATURES: Final = frozenset(("dkim-signature", "domainkey-signature"))
_IDS: Final = frozenset(("message-id", "in-reply-to", "references", "content-id"))

_WORD: Final = re.compile(r"[^\W_]+(?:['’.-][^\W_]+)*|[!$£€?%]+")
_NAME: Final = re.compile(r"[\w.+-]{1,80}@[\w.-]{1,80}|[\w']+")
_TOKEN: Final = re.compile(r"[\w./+-]+")
_HOST: Final = re.compile(r"@([\w.-]{1,80})")
_SIGNER: Final = re.compile(r"\bd=([\w.-]{1,80})")
_CAME_FROM: Final = re.compile(r"\Afrom\s+((?s:.){1,300}?)\sby\s")
_HOP: Final = re.compile(r"[\w-]+(?:\.[\w-]+)+")
_OURSELVES: Final = re.compile(r"\blocalhost\b|\b127\.0\.0\.1\b")
_BOUNDARY: Final = re.compile(r'boundary="?([^";\s]{1,80})', re.IGNORECASE)
_ZONE: Final = re.compile(r"[+-]\d{4}\b|\b[A-Z]{3,4}\b")
_COMMENT: Final = re.compile(r"<!--[^<>]{0,1000}-->")
_TAG: Final = re.compile(r"<[^<>]{0,1000}>")
_TAG_NAME: Final = re.compile(r"</?[a-z][a-z0-9]{0,15}")
# Each begins with plain letters, so it is sought as fast as those.
_LINKS: Final = (
    re.compile(r"://([^\s/\"'<>:?@]{1,100})"),
    re.compile(r"www\.([^\s/\"'<>:?@]{1,100})"),
    re.compile(r"@([\w.-]{1,100})"),
)
_NOT_SHOWN: Final = str.maketrans("", "", "\u00ad\u200b\u200c\u200d\u2060\ufeff")
_FOLD: Final = re.compile(rb"\r?\n(?=[ \t])")
_SHAPES: Final = (
    (re.compile(r"[0-9]+"), "9"),
    (re.compile(r"[a-f9]{6,}|[A-F9]{6,}"), "x"),
    (re.compile(r"[a-z]+"), "a"),
    (re.compile(r"[A-Z]+"), "A"),
)


class Features(Struct, frozen=True, gc=False):
    """The places of a message's features in the three tables: none twice, in no order."""

    header: tuple[int, ...]
    body: tuple[int, ...]
    octets: tuple[int, ...]


class Message(Struct, frozen=True):
    """A message as the classifier reads it: features in words for header and body, and the octets at its begin."""

    header: frozenset[str]
    body: frozenset[str]
    begin: bytes

    def features(self) -> Features:
        """Give the places of its features."""
        return Features(_places(self.header), _places(self.body), tuple(_all_runs(self.begin)))


def read(view: View, marks: Iterable[str] = ()) -> Message:
    """Read what counts of a message. Never raises.

    `marks` are what other checks found, in words such as "spf=fail".
    """
    root = view.root
    fields = _fields(root)
    header = set(_header(fields))
    header.update([f"found:{mark}" for mark in marks])
    body = set(_body(view))
    return Message(frozenset(header), frozenset(body), _begin(fields, root.raw))


def place(feature: str) -> int:
    """Give the place of a feature of header or body in its table."""
    return crc32(feature.encode("utf-8", "replace")) & (PLACES - 1)


def runs(begin: bytes) -> list[int]:
    """Give the place of each run of four octets, in the order in which they stand."""
    found = [0] * max(0, len(begin) - 3)
    for start, numbers in enumerate(_by_start(begin)):
        found[start::4] = map(_PRIME.__rmod__, numbers)
    return found


def _all_runs(begin: bytes) -> set[int]:
    return set(map(_PRIME.__rmod__, set(chain(*_by_start(begin)))))


def _by_start(begin: bytes) -> list[memoryview]:
    """Give all runs of four octets as numbers: those that begin at 0, 4, 8 ..., then at 1, 5, 9 ..., and so on."""
    view = memoryview(begin)
    return [
        view[start : start + (len(begin) - start & ~3)].cast("I") for start in range(min(4, len(begin) - 3))
    ]


def _places(features: Iterable[str]) -> tuple[int, ...]:
    last = PLACES - 1
    return tuple({crc32(feature.encode("utf-8", "replace")) & last for feature in features})


def _fields(root: Part) -> list[tuple[str, str]]:
    """Give the fields that count: name and unfolded value."""
    found = []
    for field in root.fields[:MAX_FIELDS]:
        name = field.name
        if name in _LEFT_OUT or name.startswith(_LEFT_OUT_BY):
            continue
        value = _FOLD.sub(b"", field.value[:MAX_VALUE]).strip().decode("utf-8", "replace")
        found.append((name, value))
    return found


def _header(fields: Sequence[tuple[str, str]]) -> Iterator[str]:
    for name, value in fields:
        yield from _field(name, value)
    # The fields that relays put on top are looked at, not counted: a message from a folder has more of them.
    names = [name for name, _ in fields if name != "received"]
    for name in names:
        yield f"field:{name}"
    for first, second in pairwise(names):
        yield f"fields:{first}>{second}"


def _field(name: str, value: str) -> Iterator[str]:
    if name == "received":
        if not _OURSELVES.search(value):
            for hop in _HOP.findall(value.partition(";")[0].lower())[:10]:
                yield f"received:{hop}"
    elif name == "subject":
        yield from _subject(decode_words(value)[:MAX_VALUE])
    elif name == "date":
        for zone in _ZONE.findall(value[-12:]):
            yield f"zone:{zone}"
    elif name in _SIGNATURES:
        for domain in _SIGNER.findall(value.lower())[:2]:
            yield f"{name}:{domain}"
    elif name in _IDS:
        for host in _HOST.findall(value.lower())[:3]:
            yield f"{name}:{host}"
        if name == "message-id":
            yield f"message-id~{_shape(value.partition('@')[0])}"
    elif name in _ADDRESSES:
        yield from _addresses(name, decode_words(value)[:MAX_VALUE].lower())
    else:
        boundary = _BOUNDARY.search(value)
        if boundary:
            yield f"boundary~{_shape(boundary[1])}"
            value = value[: boundary.start()] + value[boundary.end() :]
        for token in _TOKEN.findall(value.lower())[:15]:
            yield f"{name}:{token}"


def _came_from(value: str) -> str:
    found = _CAME_FROM.match(value)
    return found[1] if found else ""


def _subject(value: str) -> Iterator[str]:
    words = _words(_shown(value))
    for word in words:
        yield f"subject:{word}"
    for first, second in pairwise(words):
        yield f"subject:{first} {second}"
    if value.isupper():
        yield "subject~capitals"


def _addresses(name: str, value: str) -> Iterator[str]:
    for token in _NAME.findall(value)[:20]:
        yield f"{name}:{token}"
        if "@" in token:
            yield f"{name}@{token.rpartition('@')[2]}"


def _body(view: View) -> Iterator[str]:
    left, texts, shown = MAX_WORDS, 0, 0
    for part in view.leaves if len(view.parts) <= _MAX_PARTS else view.leaves[:_MAX_PARTS]:
        if part.reading or part.origin in (Origin.PREAMBLE, Origin.EPILOGUE):
            continue
        shown += 1
        kind = part.media_type
        yield f"part:{kind}"
        if part.charset:
            yield f"charset:{part.charset}"
        for name in part.names[:2]:
            yield f"file:{name.rpartition('.')[2].lower()[:10]}"
        if kind.startswith("text/") and texts < MAX_TEXTS:
            texts += 1
            text = _shown(part.text()[:MAX_TEXT])
            hosts = {
                host.removeprefix("www.").rstrip(".") for links in _LINKS for host in links.findall(text)
            }
            for host in hosts:
                yield f"link:{host}"
                yield f"link:{'.'.join(host.rsplit('.', 2)[-2:])}"
            if kind == "text/html" or "<html" in text[:400]:
                yield from set(_TAG_NAME.findall(text))
                yield from {piece.partition(">")[0][:_LONG] for piece in text.split() if "=" in piece}
                text = _TAG.sub(" ", _COMMENT.sub("", text))
            if left:
                words = _words(text[: left * _LETTERS], left)
                left -= len(words)
                yield from words
    for part in view.parts[:_MAX_PARTS]:
        if part.children and not part.reading:
            yield f"part:{part.media_type}"
    yield f"parts:{min(shown, 9)}"


def _words(text: str, most: int = 200) -> Sequence[str]:
    words = _WORD.findall(text)[:most]
    if not text.isascii() or max(map(len, words), default=0) > _LONG:
        return list(chain.from_iterable(map(_pieces, words)))[:most]
    return words


def _shown(text: str) -> str:
    """Give a text in small letters, without the signs that nobody sees."""
    return (text if text.isascii() else text.translate(_NOT_SHOWN)).lower()


def _pieces(word: str) -> Sequence[str]:
    """Take a word that is none as what it is: a long run of letters, or a sentence in a script without spaces."""
    if word.isascii():
        return (word,) if len(word) <= _LONG else (f"~{word[:3]}{len(word) // 10}",)
    if len(word) <= 3 or ord(max(word)) < 0x2E80:  # where the scripts of East Asia begin
        return (word[:_LONG],)
    return [first + second for first, second in pairwise(word)]


def _shape(value: str) -> str:
    for pattern, letter in _SHAPES:
        value = pattern.sub(letter, value)
    return value[:30]


def _begin(fields: Sequence[tuple[str, str]], body: bytes) -> bytes:
    """Put together the octets at the begin: the fields that count, then the body as it stands."""
    lines = []
    for name, value in fields:
        if name == "received":
            value = "" if _OURSELVES.search(value) else _came_from(value)
        if name != "date" and value:
            lines.append(f"{name}: {value}")
    header = "\n".join(lines).encode()
    body = body[: OCTETS * 2].replace(b"\r\n", b"\n")
    return (header + b"\n\n" + body)[:OCTETS]
