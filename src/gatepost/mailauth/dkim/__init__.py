"""DomainKeys Identified Mail (RFC 6376 with 8301, 8463 and 8616): which domains vouch for a message, and to vouch."""

from gatepost.mailauth.dkim.body import BodyDigest, BodyHash, BodyHasher, Canonical, digest_body
from gatepost.mailauth.dkim.header import SignedHeader
from gatepost.mailauth.dkim.result import Result, Verification
from gatepost.mailauth.dkim.sign import NotSigned, Signer, sign
from gatepost.mailauth.dkim.verify import read_signatures, verify, verify_read, wanted

__all__ = [
    "BodyDigest",
    "BodyHash",
    "BodyHasher",
    "Canonical",
    "NotSigned",
    "Result",
    "SignedHeader",
    "Signer",
    "Verification",
    "digest_body",
    "read_signatures",
    "sign",
    "verify",
    "verify_read",
    "wanted",
]
