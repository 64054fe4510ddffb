"""DNS messages: a question as octets, and what an answer's octets say (RFC 1035 §4).

On the way of a question: resolver -> `question` -> exchange -> name server -> exchange -> `read` -> resolver. Knows
no sockets, no time and no cache. Hostile octets are normal: a name takes at most 255 octets and its pointers lead
backward only and are followed once, so the time to read a message is linear in its length (at most 65,535 octets).
"""

from __future__ import annotations

import re
import struct
from ipaddress import IPv6Address
from typing import Final

from msgspec import Struct

from gatepost.mail.dns import Kind

MAX_LABEL: Final = 63
MAX_NAME: Final = 255  # octets on the wire, with lengths and the root
PAYLOAD: Final = (
    1232  # octets of an answer by UDP that no path breaks into pieces (RFC 9715 §3.2 asks for no more)
)
MAX_ALIASES: Final = 16
MAX_POINTERS: Final = 126  # in one name: each but the last stands behind a label

NOERROR: Final = 0
FORMERR: Final = 1
NXDOMAIN: Final = 3
RCODES: Final = {1: "FORMERR", 2: "SERVFAIL", 3: "NXDOMAIN", 4: "NOTIMP", 5: "REFUSED"}

_NUMBERS: Final[dict[Kind, int]] = {
    "A": 1, "NS": 2, "CNAME": 5, "SOA": 6, "PTR": 12, "MX": 15, "TXT": 16, "AAAA": 28,
}  # fmt: skip
_CNAME, _SOA, _NS, _IN = 5, 6, 2, 1

_HEAD: Final = struct.Struct("!HHHHHH")
_TYPE_CLASS: Final = struct.Struct("!HH")
_RECORD: Final = struct.Struct("!HHLH")
_SHORT: Final = struct.Struct("!H")
_SOA_TAIL: Final = struct.Struct("!LLLLL")
# RFC 6891 §6.1.2: the root, OPT, our payload, no extended code, version 0, no flags, no options.
_OPT: Final = b"\x00" + _RECORD.pack(41, PAYLOAD, 0, 0)
_RECURSION_DESIRED: Final = 0x0100
_RESPONSE: Final = 0x8000
_AUTHORITATIVE: Final = 0x0400
_TRUNCATED: Final = 0x0200

_PLAIN_LABEL = re.compile(rb"[!-,\x2d/-\[\]-~]*")  # printable, neither dot nor backslash
_ESCAPE = re.compile(r"\\([0-9]{3})")


class Said(Struct, frozen=True, gc=False):
    """What an answer says about the name that was asked for.

    `records` are those at the end of the aliases, in the form of `mail.dns.Answer`; `ttl` is the least on the way
    to them, or for none of them what RFC 2308 §5 gives (-1: nothing given). `referral` when the server names
    others to ask instead of answering. `code` is the RCODE.
    """

    code: int
    truncated: bool = False
    records: tuple[str, ...] = ()
    ttl: int = -1
    referral: bool = False


class Senseless(Struct, frozen=True, gc=False):
    """An answer to our question that cannot be read, and why."""

    why: str


class _BadError(Exception):
    """The octets are no DNS message."""


def encode_name(name: str) -> bytes | None:
    r"""Write a name without a final dot as octets, in lower case; None for one that cannot be asked.

    `\DDD` stands for an octet, as `read` gives names that hold odd ones; any other backslash for itself.
    """
    if not name or len(name) > 4 * MAX_NAME or not name.isascii():
        return None
    if "\\" in name:
        labels = [
            _ESCAPE.sub(lambda found: chr(int(found[1]) & 0xFF), text).encode("latin-1")
            for text in name.lower().split(".")
        ]
    else:
        labels = name.lower().encode("ascii").split(b".")
    if not all(0 < len(label) <= MAX_LABEL for label in labels):
        return None
    octets = b"".join([b"%c%b" % (len(label), label) for label in labels]) + b"\0"
    return octets if len(octets) <= MAX_NAME else None


def question(number: int, name: bytes, kind: Kind, *, extended: bool = True) -> bytes:
    """Write a question: its number (16 bits), a name from `encode_name`, with or without EDNS (RFC 6891)."""
    head = _HEAD.pack(number, _RECURSION_DESIRED, 1, 0, 0, 1 if extended else 0)
    body = name + _TYPE_CLASS.pack(_NUMBERS[kind], _IN)
    return head + body + _OPT if extended else head + body


def number_of(octets: bytes) -> int:
    """Give the number of an answer, -1 for octets that are none."""
    if len(octets) < _HEAD.size or not octets[2] & 0x80:
        return -1
    return octets[0] << 8 | octets[1]


def read(octets: bytes, name: bytes, kind: Kind) -> Said | Senseless | None:
    """Read the answer to a question; None when it is the answer to another one (RFC 5452 §9.1). Never raises."""
    try:
        _, flags, questions, *_ = _HEAD.unpack_from(octets)
    except struct.error:
        return None
    end = _HEAD.size + len(name)
    code = flags & 0xF
    if not flags & _RESPONSE:
        return None
    if questions == 0 and code not in (NOERROR, NXDOMAIN):
        return Said(code)  # a server that did not understand the question need not repeat it
    asked = octets[_HEAD.size : end + 4]
    if questions != 1 or asked.lower() != name + _TYPE_CLASS.pack(_NUMBERS[kind], _IN):
        return None
    if flags & _TRUNCATED:
        return Said(code, truncated=True)  # RFC 2181 §9: what is there is not looked at
    if code not in (NOERROR, NXDOMAIN):
        return Said(code)
    try:
        return _Message(octets, kind).body(end + 4)
    except _BadError as error:
        return Senseless(str(error))
    except (struct.error, IndexError):
        return Senseless("it ends too early")


class _Record(Struct, frozen=True, gc=False):
    ttl: int
    start: int
    end: int


class _Message:
    """An answer being read. `names` remembers what pointers led to: many records share a long name."""

    def __init__(self, octets: bytes, kind: Kind) -> None:
        self._octets = octets
        self._kind = kind
        self._names: dict[int, tuple[str, int]] = {}

    def body(self, at: int) -> Said:
        """Read the sections behind the question, which ends at `at`."""
        octets, number = self._octets, _NUMBERS[self._kind]
        _, flags, _, answers, authority, _ = _HEAD.unpack_from(octets)
        least = 1 << 31
        if not answers:  # what lists say of nearly everybody
            return self._nothing(at, flags, authority, least)
        wanted: dict[str, list[_Record]] = {}
        aliases: dict[str, tuple[str, int]] = {}
        for _ in range(answers):
            owner, at = self._name(at)
            what, group, ttl, length = _RECORD.unpack_from(octets, at)
            at += _RECORD.size
            if at + length > len(octets):
                raise _BadError("a record is longer than the message")
            if group == _IN:
                ttl = ttl if ttl < 1 << 31 else 0  # RFC 2181 §8
                if what == number:
                    wanted.setdefault(owner, []).append(_Record(ttl, at, at + length))
                elif what == _CNAME:
                    aliases[owner] = (self._name(at)[0], ttl)
            at += length
        name, _ = self._name(_HEAD.size)
        for _ in range(MAX_ALIASES):
            if found := wanted.get(name):
                least = min(least, *[record.ttl for record in found])
                return Said(flags & 0xF, records=self._presented(found), ttl=least)
            if name not in aliases:
                return self._nothing(at, flags, authority, least)
            name, ttl = aliases[name]
            least = min(least, ttl)
        raise _BadError(f"{MAX_ALIASES} aliases (CNAME) or a loop of them")

    def _nothing(self, at: int, flags: int, authority: int, least: int) -> Said:
        """Read the authority section of an answer without records: how long that holds, or whom else to ask."""
        ttl, servers = -1, False
        for _ in range(authority):
            at = self._behind_name(at)
            what, _, lives, length = _RECORD.unpack_from(self._octets, at)
            at += _RECORD.size
            if at + length > len(self._octets):
                raise _BadError("a record is longer than the message")
            if what == _SOA and length >= _SOA_TAIL.size:
                minimum = _SOA_TAIL.unpack_from(self._octets, at + length - _SOA_TAIL.size)[4]
                ttl = min(lives, minimum, least)  # RFC 2308 §5
            servers = servers or what == _NS
            at += length
        code = flags & 0xF
        referral = servers and ttl < 0 and code == NOERROR and not flags & _AUTHORITATIVE
        return Said(code, ttl=ttl, referral=referral)

    def _presented(self, records: list[_Record]) -> tuple[str, ...]:
        if self._kind == "MX":
            ranked = sorted(
                (_SHORT.unpack_from(self._octets, record.start)[0], self._name(record.start + 2)[0])
                for record in records
            )
            return tuple([f"{preference} {host}" for preference, host in ranked])
        return tuple([self._present(record.start, record.end) for record in records])

    def _present(self, start: int, end: int) -> str:
        octets = self._octets
        match self._kind:
            case "A":
                if end - start != 4:
                    raise _BadError("an A record is not 4 octets long")
                return f"{octets[start]}.{octets[start + 1]}.{octets[start + 2]}.{octets[start + 3]}"
            case "AAAA":
                if end - start != 16:
                    raise _BadError("an AAAA record is not 16 octets long")
                return str(IPv6Address(octets[start:end]))
            case "TXT":
                return _strings(octets[start:end])
            case "SOA":
                primary, at = self._name(start)
                mailbox, at = self._name(at)
                return " ".join([primary, mailbox, *map(str, _SOA_TAIL.unpack_from(octets, at))])
            case _:
                return self._name(start)[0]

    def _name(self, at: int) -> tuple[str, int]:
        r"""Read a name: in lower case, without a final dot, odd octets as `\DDD`; and where it ends."""
        (name, length), after = self._labels(at, at, MAX_POINTERS)
        if length > MAX_NAME:
            raise _BadError("a name is longer than 255 octets")
        return name, after

    def _behind_name(self, at: int) -> int:
        """Step over a name that nobody asks about."""
        while length := self._octets[at]:
            if length >= 0xC0:
                return at + 2
            at += length + 1
        return at + 1

    def _labels(self, at: int, bound: int, pointers: int) -> tuple[tuple[str, int], int]:
        """Read labels and what the pointer behind them leads to: the name, its octets when written out."""
        octets, size = self._octets, 1
        labels: list[str] = []
        while length := octets[at]:
            if length >= 0xC0:
                # RFC 1035 §4.1.4: a pointer leads to "a prior occurrence", so there can be no loop.
                target = (length & 0x3F) << 8 | octets[at + 1]
                if target >= bound or not pointers:
                    raise _BadError("a pointer in a name leads forward, or there are too many")
                rest = self._names.get(target)
                if rest is None:
                    rest = self._names[target] = self._labels(target, target, pointers - 1)[0]
                if not labels:
                    return rest, at + 2
                name = ".".join(labels)
                return (f"{name}.{rest[0]}" if rest[0] else name, size - 1 + rest[1]), at + 2
            if length > MAX_LABEL:
                raise _BadError("a label is of an unknown type")
            label = octets[at + 1 : at + 1 + length]
            size += length + 1
            if size > MAX_NAME or len(label) < length:
                raise _BadError("a name is longer than 255 octets, or than the message")
            labels.append(_label(label))
            at += length + 1
        return (".".join(labels), size), at + 1


def _strings(octets: bytes) -> str:
    """Join the strings of a TXT record (RFC 7208 §3.3)."""
    start, end, pieces = 0, len(octets), []
    while start < end:
        stop = start + 1 + octets[start]
        if stop > end:
            raise _BadError("a string is longer than its TXT record")
        pieces.append(octets[start + 1 : stop])
        start = stop
    return b"".join(pieces).decode(errors="replace")


def _label(label: bytes) -> str:
    if _PLAIN_LABEL.fullmatch(label):
        return label.decode("ascii").lower()
    return "".join(
        chr(octet) if 33 <= octet <= 126 and octet not in b".\\" else f"\\{octet:03}"
        for octet in label.lower()
    )
