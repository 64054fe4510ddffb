"""Keys to sign with: made, read, and told as the record that must stand in DNS (RFC 6376 §3.6, RFC 8463 §4).

Only the randomness of a new key comes from outside; where keys are kept is for the callers to say.
"""

from __future__ import annotations

from binascii import b2a_base64
from typing import Final

from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey, generate_private_key
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
    load_pem_private_key,
)
from msgspec import Struct

from gatepost.mailauth.dkim.key import DIGEST, GOOD_BITS, MIN_BITS, PADDING, Algorithm

PrivateKey = RSAPrivateKey | Ed25519PrivateKey
MAX_STRING: Final = 255  # octets of one string of a TXT record (RFC 1035 §3.3)


class BadPrivateKey(Struct, frozen=True, gc=False):
    """What is no key to sign with, and why, in words that go on from "the key"."""

    why: str


def new_rsa_key(bits: int = GOOD_BITS) -> RSAPrivateKey:
    """Make an RSA key (RFC 8301 §3.2: 1024 bits at least, 2048 should be used)."""
    return generate_private_key(65_537, bits)


def new_ed25519_key() -> Ed25519PrivateKey:
    """Make an Ed25519 key. Not every verifier knows them yet: sign with an RSA key too (RFC 8463 §3)."""
    return Ed25519PrivateKey.generate()


def write_private_key(key: PrivateKey) -> bytes:
    """Give a key in PEM (PKCS #8, not encrypted)."""
    return key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())


def read_private_key(pem: bytes) -> PrivateKey | BadPrivateKey:
    """Read a key in PEM that is not encrypted, of whatever form OpenSSL writes."""
    try:
        key = load_pem_private_key(pem, None)
    except TypeError:
        return BadPrivateKey("is encrypted with a password")
    except (ValueError, UnsupportedAlgorithm):
        return BadPrivateKey("is no private key in PEM")
    if isinstance(key, Ed25519PrivateKey):
        return key
    if not isinstance(key, RSAPrivateKey):
        return BadPrivateKey("is neither an RSA nor an Ed25519 key")
    if key.key_size < MIN_BITS:
        return BadPrivateKey(
            f"has only {key.key_size} bits, and no verifier takes less than {MIN_BITS} (RFC 8301)"
        )
    return key


def algorithm_of(key: PrivateKey) -> Algorithm:
    """Tell how a key signs."""
    return Algorithm.RSA_SHA256 if isinstance(key, RSAPrivateKey) else Algorithm.ED25519_SHA256


def sign_digest(key: PrivateKey, digest: bytes) -> bytes:
    """Sign a SHA-256; the same key and digest give the same octets each time."""
    if isinstance(key, RSAPrivateKey):
        return key.sign(digest, PADDING, DIGEST)
    return key.sign(digest)


def key_record(key: PrivateKey, *, testing: bool = False) -> str:
    """Give the text of the TXT record for a key; `testing` tells the world not to rely on it yet (t=y)."""
    if isinstance(key, RSAPrivateKey):
        public = key.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    else:
        public = key.public_key().public_bytes(Encoding.Raw, PublicFormat.Raw)
    flags = "t=y; " if testing else ""
    value = b2a_base64(public, newline=False).decode("ascii")
    return f"v=DKIM1; k={algorithm_of(key).key_type}; {flags}p={value}"


def zone_line(domain: str, selector: str, record: str) -> str:
    """Give the record as a line of a zone file, in strings of at most MAX_STRING octets."""
    strings = [record[start : start + MAX_STRING] for start in range(0, len(record), MAX_STRING)]
    # A semicolon begins a comment in a zone file, but not within quotes; a key record holds no quote or backslash.
    quoted = " ".join(f'"{string}"' for string in strings)
    return f"{selector}._domainkey.{domain}. IN TXT ( {quoted} )"
