"""Public keys as DNS publishes them: the record of RFC 6376 §3.6.1, with the algorithms of RFC 8301 and RFC 8463.

Reads one record; which of several is meant, and whether it may be used for a signature, is said in `verify`. Also the
one place that says which algorithms there are. Knows no DNS and no messages.
"""

from __future__ import annotations

from enum import StrEnum
from typing import Final

from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey
from cryptography.hazmat.primitives.asymmetric.utils import Prehashed
from cryptography.hazmat.primitives.hashes import SHA1, SHA256
from cryptography.hazmat.primitives.serialization import load_der_public_key
from msgspec import Struct

from gatepost.mailauth.dkim.hash import Hash
from gatepost.mailauth.taglist import BLANK, BadTags, parse_base64, parse_tags

PADDING: Final = PKCS1v15()
DIGEST: Final = Prehashed(SHA256())
_SHA1_DIGEST: Final = Prehashed(SHA1())  # noqa: S303  # see Algorithm.weak
# RFC 8301 §3.2: verifiers must take 1024 to 4096 bits. Longer keys cost the verifier, and no one needs them.
MIN_BITS: Final = 1_024
GOOD_BITS: Final = 2_048
MAX_BITS: Final = 8_192


class Algorithm(StrEnum):
    """How a signature is made.

    RFC 8301 §3.1 forbids to sign with rsa-sha1 and to verify it, and DKIM obeys. ARC inherits the algorithms of RFC
    6376 (RFC 8617 §4.1), and a chain is as long as its oldest seal: there it is verified, told, and never trusted.
    """

    RSA_SHA256 = "rsa-sha256"
    ED25519_SHA256 = "ed25519-sha256"
    RSA_SHA1 = "rsa-sha1"

    @property
    def key_type(self) -> str:
        """The `k=` of the key it needs."""
        return self.value.partition("-")[0]

    @property
    def hash(self) -> Hash:
        """The hash that is signed."""
        return Hash.SHA1 if self is Algorithm.RSA_SHA1 else Hash.SHA256

    @property
    def weak(self) -> bool:
        """Whether others than the owner of the key could have made it."""
        return self is Algorithm.RSA_SHA1


class Key(Struct, frozen=True):
    """A key that can be used: its type as `k=` names it, its length in bits, and what its owner says of it."""

    type: str
    public: RSAPublicKey | Ed25519PublicKey
    bits: int
    testing: bool = False  # t=y: its owner is only trying
    strict: bool = False  # t=s: an identity below the domain may not use it
    hashes: frozenset[str] | None = None  # h=: the hashes it may be used with, None for all
    for_mail: bool = True  # s=: a service that it may be used for is mail

    def verifies(self, signature: bytes, digest: bytes, by: Hash = Hash.SHA256) -> bool:
        """Tell whether the signature over this hash was made with this key."""
        try:
            if isinstance(self.public, Ed25519PublicKey):
                self.public.verify(signature, digest)  # RFC 8463 §3: Ed25519 over the hash
            else:
                self.public.verify(signature, digest, PADDING, DIGEST if by is Hash.SHA256 else _SHA1_DIGEST)
        except InvalidSignature:
            return False
        return True


class BadKey(Struct, frozen=True, gc=False):
    """A record that holds no key that can be used; why, in words that go on from "the key at NAME"."""

    why: str
    testing: bool = False


def read_key(record: str) -> Key | BadKey:
    """Read one key record. The obsolete g= of RFC 4871 means nothing any more, as every unknown tag."""
    tags = parse_tags(record)
    if isinstance(tags, BadTags):
        return BadKey(f"cannot be read: it {tags.why}")
    # RFC 6376 §3.6.1: v= need not be there; when it is, it must be the first tag.
    if "v" in tags and (tags["v"] != "DKIM1" or next(iter(tags)) != "v"):
        return BadKey("is no DKIM key: it does not begin with v=DKIM1")
    if "p" not in tags:
        return BadKey("is no DKIM key: it has no p=")
    flags = _words(tags.get("t", ""))
    testing = "y" in flags
    if not tags["p"]:
        return BadKey("is revoked: its p= is empty", testing)
    octets = parse_base64(tags["p"])
    if octets is None:
        return BadKey("cannot be read: its p= is not base64", testing)
    public: RSAPublicKey | Ed25519PublicKey | str
    match tags.get("k", "rsa"):
        case "rsa":
            public = _rsa(octets)
        case "ed25519":
            public = _ed25519(octets)
        case kind:
            return BadKey(f"is of a type that nobody knows: k={kind[:40]}", testing)
    if isinstance(public, str):
        return BadKey(public, testing)
    services = _words(tags.get("s", "*"))
    return Key(
        tags.get("k", "rsa"),
        public,
        public.key_size if isinstance(public, RSAPublicKey) else 256,
        testing=testing,
        strict="s" in flags,
        hashes=frozenset(_words(tags["h"])) if tags.get("h") else None,
        for_mail="*" in services or "email" in services,
    )


def _words(value: str) -> list[str]:
    """Take a list apart that is separated by colons."""
    return [word.strip(BLANK) for word in value.split(":")]


def _rsa(octets: bytes) -> RSAPublicKey | str:
    """Read a SubjectPublicKeyInfo, as all publish, or the bare RSAPublicKey that RFC 6376 §3.6.1 speaks of."""
    try:
        public = load_der_public_key(octets)
    except (ValueError, UnsupportedAlgorithm):
        return "cannot be read: its p= is no RSA key"
    if not isinstance(public, RSAPublicKey):
        return "cannot be read: its p= is no RSA key"
    if public.key_size > MAX_BITS:
        return f"is too long to be looked at: {public.key_size} bits"
    return public


def _ed25519(octets: bytes) -> Ed25519PublicKey | str:
    try:
        return Ed25519PublicKey.from_public_bytes(octets)
    except ValueError:
        return "cannot be read: its p= is no Ed25519 key of 32 octets"
