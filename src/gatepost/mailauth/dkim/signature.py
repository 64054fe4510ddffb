"""Signature fields read: DKIM-Signature (RFC 6376 §3.5), and ARC-Message-Signature, which differs in little.

Reads one field into values, and says what is wrong with one that no verifier could use. Asks nothing, hashes nothing.
"""

from __future__ import annotations

import re
from typing import Final

from msgspec import Struct

from gatepost.mail import idn
from gatepost.mail.fields import Field
from gatepost.mailauth.dkim.body import BodyHash, Canonical
from gatepost.mailauth.dkim.key import Algorithm
from gatepost.mailauth.dkim.result import Result
from gatepost.mailauth.domain import is_within
from gatepost.mailauth.taglist import BLANK, BadTags, parse_base64, parse_tags

MAX_NAME: Final = 80  # characters of a broken value that are told
_TIME = re.compile(r"[0-9]{1,12}")
_LENGTH = re.compile(r"[0-9]{1,76}")
_QUOTED = re.compile(r"=([0-9A-F]{2})")


class Signature(Struct, frozen=True):
    """A signature that can be verified, and what it says. `place` is where its field stands, from the top.

    `domain`, `selector` and the domain of `identity` are in lower-case A-labels. `names` are the fields it covers, in
    lower case, in the order they were signed. Times are in seconds since 1970.
    """

    field: Field
    place: int
    algorithm: Algorithm
    domain: str
    selector: str
    identity: str
    canonical: Canonical  # of the header
    names: tuple[str, ...]
    body: BodyHash
    body_value: bytes
    value: bytes
    signed_at: int | None = None
    expires: int | None = None

    @property
    def key_name(self) -> str:
        """Where its key is published (RFC 6376 §3.6.2.1)."""
        return f"{self.selector}._domainkey.{self.domain}"


class BadSignature(Struct, frozen=True, gc=False):
    """A signature field that cannot be verified: why, of "it", and what it claims as far as it can be read."""

    why: str
    result: Result = Result.NEUTRAL  # RFC 8601 §2.7.1: "contained syntax errors"
    domain: str = ""
    selector: str = ""
    algorithm: str = ""


class Broken(Exception):  # noqa: N818  # never leaves the readers of signature fields
    """What a reader found wrong."""

    def __init__(self, why: str, result: Result = Result.NEUTRAL) -> None:
        super().__init__(why)
        self.why = why
        self.result = result


def read_signature(field: Field, place: int) -> Signature | BadSignature:
    """Read a DKIM-Signature field."""
    tags = tags_of(field)
    if isinstance(tags, BadTags):
        return BadSignature(f"it {tags.why}")
    try:
        return _read_sound(tags, field, place)
    except Broken as broken:
        return bad(tags, broken)


def _read_sound(tags: dict[str, str], field: Field, place: int) -> Signature:
    if required(tags, "v") != "1":
        raise Broken(f"it is of a version that nobody knows: v={tags['v'][:MAX_NAME]}")
    methods = [method.strip(BLANK) for method in tags.get("q", "dns/txt").split(":")]
    if "dns/txt" not in methods:
        raise Broken(f"its key cannot be had: q={tags['q'][:MAX_NAME]}")
    signature = read_common(tags, field, place, _identity(tags))
    if signature.algorithm.weak:
        raise Broken(
            f"{signature.algorithm} is too weak and may no longer be used (RFC 8301)", Result.PERMERROR
        )
    if "from" not in signature.names:
        # RFC 6376 §5.4: the From field MUST be signed.
        raise Broken("it does not cover the From field", Result.PERMERROR)
    return signature


def tags_of(field: Field) -> dict[str, str] | BadTags:
    """Read the tags of a signature field; octets that are no UTF-8 make it a bad one."""
    return parse_tags(field.value.decode("utf-8", "replace"))


def read_common(tags: dict[str, str], field: Field, place: int, identity: str) -> Signature:
    """Read the tags that DKIM-Signature and ARC-Message-Signature have in common; raises `Broken`."""
    algorithm, domain, selector, value = read_signer(tags)
    body_value = parse_base64(required(tags, "bh"))
    if body_value is None:
        raise Broken("its bh= is not base64")
    canonicals = tags.get("c", "simple/simple").partition("/")
    limit = _number(tags, "l", _LENGTH)
    signed_at, expires = _number(tags, "t", _TIME), _number(tags, "x", _TIME)
    if signed_at is not None and expires is not None and expires <= signed_at:
        raise Broken("it expires before it was made: x= is not later than t=", Result.PERMERROR)
    if "h" not in tags:
        raise missing("h")
    names = (name.strip(BLANK).lower() for name in tags["h"].split(":"))
    return Signature(
        field,
        place,
        algorithm,
        domain,
        selector,
        identity or "@" + domain,
        _canonical(canonicals[0]),
        tuple([name for name in names if name]),
        # §3.5: the body is taken as simple when only the header's way is named.
        BodyHash(_canonical(canonicals[2] if canonicals[1] else "simple"), limit, algorithm.hash),
        body_value,
        value,
        signed_at,
        expires,
    )


def read_signer(tags: dict[str, str]) -> tuple[Algorithm, str, str, bytes]:
    """Read who signed how: algorithm, domain, selector and the signature's octets; raises `Broken`."""
    name = required(tags, "a")
    try:
        algorithm = Algorithm(name)
    except ValueError:
        raise Broken(f"it is made in a way that nobody knows: a={name[:MAX_NAME]}") from None
    domain = _ascii(required(tags, "d"))
    if not domain:
        raise Broken(f"its d= is no domain: {tags['d'][:MAX_NAME]}")
    selector = _ascii(required(tags, "s"))
    if not selector:
        raise Broken(f"its s= is no selector: {tags['s'][:MAX_NAME]}")
    value = parse_base64(required(tags, "b"))
    if value is None:
        raise Broken("its b= is not base64")
    return algorithm, domain, selector, value


def read_time(tags: dict[str, str]) -> int | None:
    """Read when it was made; raises `Broken`."""
    return _number(tags, "t", _TIME)


def required(tags: dict[str, str], name: str) -> str:
    """Give the value of a tag that must be there and must not be empty; raises `Broken`."""
    value = tags.get(name)
    if not value:
        raise missing(name)
    return value


def missing(name: str) -> Broken:
    """Say that a tag is missing (RFC 6376 §6.1.1: PERMFAIL)."""
    return Broken(f"it has no {name}=", Result.PERMERROR)


def bad(tags: dict[str, str], broken: Broken) -> BadSignature:
    """Make the value of what is wrong, with what can be said of the signer."""
    return BadSignature(
        broken.why,
        broken.result,
        _ascii(tags.get("d", "")),
        _ascii(tags.get("s", "")),
        tags.get("a", "")[:MAX_NAME],
    )


def _identity(tags: dict[str, str]) -> str:
    """Read for whom the domain signed; it must stand at or below the domain (§3.5, §6.1.1)."""
    quoted = tags.get("i")
    if quoted is None:
        return ""
    # The local part is in dkim-quoted-printable (§2.11); blanks in it are folds.
    text = _QUOTED.sub(lambda octet: chr(int(octet[1], 16)), quoted)
    if not text.isascii():
        text = _as_utf8(text)
    local_part, at, named = text.rpartition("@")
    domain = _ascii(named.strip(BLANK))
    if not at or not domain:
        raise Broken(f"its i= is no identity: {quoted[:MAX_NAME]}")
    signing = _ascii(tags.get("d", ""))
    if signing and not is_within(domain, signing):
        raise Broken(
            f"its i= is not of the domain that signed: {domain} is not within {signing}", Result.PERMERROR
        )
    return f"{local_part}@{domain}"


def _as_utf8(text: str) -> str:
    """Put octets that were quoted one by one together to the characters they are."""
    try:
        return text.encode("latin-1").decode("utf-8")
    except ValueError:
        return text


def _canonical(name: str) -> Canonical:
    try:
        return Canonical(name.strip(BLANK))
    except ValueError:
        raise Broken(f"its c= is a canonical form that nobody knows: {name[:MAX_NAME]}") from None


def _number(tags: dict[str, str], name: str, form: re.Pattern[str]) -> int | None:
    value = tags.get(name)
    if value is None:
        return None
    if form.fullmatch(value) is None:
        raise Broken(f"its {name}= is no number: {value[:MAX_NAME]}")
    return int(value)


def _ascii(domain: str) -> str:
    """Give a domain or selector in A-labels (RFC 8616 §5), "" for what is none."""
    return idn.to_ascii(domain) or ""
