"""SRS: reverse-paths for mail that is forwarded, so that SPF passes at the next hop and reports still find their way.

A forwarder sends on behalf of others, so it puts its own domain into the reverse-path and the original into the local
part: joe@example.org becomes SRS0=hash=day=example.org=joe@forwarder.example. What another forwarder has rewritten
becomes SRS1, which names that forwarder and not the whole way. The form is the one that libsrs2, Mail::SRS and
postsrsd write; the hash differs, as each forwarder reads only its own: HMAC-SHA-256, of which 30 bits are kept, in
letters that survive a change of case. Pure: secret and day are passed in.
"""

from __future__ import annotations

import hmac
import re
from base64 import b32encode
from collections.abc import Sequence
from enum import StrEnum
from typing import Final

from msgspec import Struct

from gatepost.mail.path import BadPath, Mailbox, is_domain, parse_mailbox

MAX_AGE: Final = 21  # days: no report comes later, and none that is forged for ever
_DAYS: Final = 1024  # the stamp has ten bits, so it comes round
_HASH: Final = 6  # characters of base32
_SHORTEST_SECRET: Final = 16  # octets
_LETTERS: Final = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567"
_TAG: Final = re.compile(r"srs([01])[-+=]", re.IGNORECASE)
_SRS0: Final = re.compile(r"srs0[-+=]([^=]+)=([a-z2-7]{2})=([^=]+)=(.*)", re.IGNORECASE | re.DOTALL)
_SRS1: Final = re.compile(r"srs1[-+=]([^=]+)=([^=]+)=([-+=].+)", re.IGNORECASE | re.DOTALL)
_REST: Final = re.compile(r"[-+=][^=]+=[a-z2-7]{2}=[^=]+=.*", re.IGNORECASE | re.DOTALL)
_ATOM: Final = r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~\x80-\U0010ffff-]+"
_DOT_STRING: Final = re.compile(rf"{_ATOM}(?:\.{_ATOM})*")
_QUOTED_PAIR: Final = re.compile(r"\\(.)", re.DOTALL)
_TO_ESCAPE: Final = re.compile(r'["\\]')


class SrsFault(StrEnum):
    """Why an address is not rewritten or turned back; the value says so in words."""

    NOT_OURS = "it is of another domain"
    NOT_SRS = "it is no rewritten address"
    MALFORMED = "it looks rewritten, but cannot be taken apart"
    FORGED = "we have not rewritten it: its hash is wrong"
    EXPIRED = "it was rewritten too long ago"
    UNREADABLE = "it would be no valid or a too long path"


class SrsProblem(Struct, frozen=True, gc=False):
    """What stood in the way, and a remark that helps whoever looks into it."""

    fault: SrsFault
    detail: str = ""


class Srs:
    """Rewrites for one forwarding domain.

    The first of the `secrets` signs and all of them verify, so that a secret can be changed: keep the old one for
    `max_age` days. A local part may become longer than the 64 octets of RFC 5321 §4.5.3.1.1, which most servers take,
    as without it the path could not be rewritten at all; over 256 octets for the path it is a problem.

    Raises ValueError for a domain that is none, or without a secret of 16 octets or more.
    """

    def __init__(self, domain: str, secrets: Sequence[bytes], max_age: int = MAX_AGE) -> None:
        if not is_domain(domain):
            raise ValueError(f"{domain!r} is no domain")
        if not secrets or min(map(len, secrets)) < _SHORTEST_SECRET:
            raise ValueError(f"SRS needs a secret of {_SHORTEST_SECRET} octets or more")
        self._domain = domain.lower()
        self._secrets = tuple(secrets)
        self._max_age = max_age

    def forward(self, path: Mailbox, day: int) -> Mailbox | SrsProblem:
        """Rewrite the reverse-path of a message that is forwarded; `day` is the number of days since 1970.

        A path of our own domain stays as it is. The empty path is not for here: it is never rewritten.
        """
        if path.domain == self._domain:
            return path
        local_part = _unquoted(path.local_part)
        domain = path.domain
        tagged = _TAG.match(local_part)
        if tagged is not None and tagged[1] == "0" and _SRS0.fullmatch(local_part):
            # It was rewritten once: name the forwarder who can turn that back, and keep what it wrote.
            rest = local_part[4:]
            return self._mailbox(f"SRS1={self._hash(domain, rest)}={domain}={rest}")
        shortened = _SRS1.fullmatch(local_part) if tagged is not None and tagged[1] == "1" else None
        if shortened is not None and _REST.fullmatch(shortened[3]):
            first, rest = shortened[2], shortened[3]
            return self._mailbox(f"SRS1={self._hash(first, rest)}={first}={rest}")
        stamp = _stamp(day)
        return self._mailbox(f"SRS0={self._hash(stamp, domain, local_part)}={stamp}={domain}={local_part}")

    def reverse(self, path: Mailbox, day: int) -> Mailbox | SrsProblem:
        """Turn an address back that we have rewritten: to the original, or to the forwarder who rewrote it first."""
        if path.domain != self._domain:
            return SrsProblem(SrsFault.NOT_OURS, path.domain)
        local_part = _unquoted(path.local_part)
        tagged = _TAG.match(local_part)
        if tagged is None:
            return SrsProblem(SrsFault.NOT_SRS)
        if tagged[1] == "1":
            return self._reverse_srs1(local_part)
        parts = _SRS0.fullmatch(local_part)
        if parts is None:
            return SrsProblem(SrsFault.MALFORMED)
        mark, stamp, domain, original = parts.groups()
        if not self._is_ours(mark, stamp, domain, original):
            return SrsProblem(SrsFault.FORGED)
        age = _age(stamp, day)
        if not -1 <= age <= self._max_age:  # one day ahead is a clock that goes wrong
            return SrsProblem(SrsFault.EXPIRED, f"{age} days ago" if age > 0 else "in the future")
        return _mailbox(original, domain)

    def _reverse_srs1(self, local_part: str) -> Mailbox | SrsProblem:
        parts = _SRS1.fullmatch(local_part)
        if parts is None or _REST.fullmatch(parts[3]) is None:
            return SrsProblem(SrsFault.MALFORMED)
        mark, first, rest = parts.groups()
        if not self._is_ours(mark, first, rest):
            return SrsProblem(SrsFault.FORGED)
        return _mailbox(f"SRS0{rest}", first)  # whether it is too old its own forwarder knows

    def _mailbox(self, local_part: str) -> Mailbox | SrsProblem:
        return _mailbox(local_part, self._domain)

    def _hash(self, *parts: str) -> str:
        return _hash(self._secrets[0], parts)

    def _is_ours(self, mark: str, *parts: str) -> bool:
        given = mark.upper().encode()
        return any(hmac.compare_digest(_hash(secret, parts).encode(), given) for secret in self._secrets)


def _hash(secret: bytes, parts: Sequence[str]) -> str:
    # In lower case, as some servers change the case of what passes through them.
    octets = "\0".join(parts).lower().encode("utf-8", "surrogateescape")
    return b32encode(hmac.digest(secret, octets, "sha256")[:5])[:_HASH].decode("ascii")


def _stamp(day: int) -> str:
    return _LETTERS[day % _DAYS >> 5] + _LETTERS[day % 32]


def _age(stamp: str, day: int) -> int:
    """Give the days since a stamp was made, -1 for tomorrow's."""
    high, low = (_LETTERS.index(letter) for letter in stamp.upper())
    age = (day - (high * 32 + low)) % _DAYS
    return age if age < _DAYS - 1 else -1


def _mailbox(local_part: str, domain: str) -> Mailbox | SrsProblem:
    if _DOT_STRING.fullmatch(local_part) is None:
        local_part = '"' + _TO_ESCAPE.sub(r"\\\g<0>", local_part) + '"'
    mailbox = parse_mailbox(f"{local_part}@{domain}")
    return SrsProblem(SrsFault.UNREADABLE, mailbox.why) if isinstance(mailbox, BadPath) else mailbox


def _unquoted(local_part: str) -> str:
    if len(local_part) > 1 and local_part.startswith('"') and local_part.endswith('"'):
        return _QUOTED_PAIR.sub(r"\1", local_part[1:-1])
    return local_part
