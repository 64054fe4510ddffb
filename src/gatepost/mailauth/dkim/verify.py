"""DKIM verified: each signature of a message, its result, and the evidence for it (RFC 6376 §6, RFC 8301, RFC 8463).

On the way of a message: `read_signatures(header)` → `digest_body(chunks, wanted(...))`, once for DKIM and ARC
together → the keys asked for, all at once → `judge`. `verify` does all of it for DKIM alone. Decides nothing about
the message: that a signature passed says who vouches for it, not that it is good.
"""

from __future__ import annotations

import datetime as dt
from binascii import b2a_base64
from collections.abc import Iterable, Mapping, Sequence
from typing import Final

from gatepost.mail.dns import Answer, Resolver
from gatepost.mail.fields import MAX_HEADER, Header
from gatepost.mailauth.asking import ask_all
from gatepost.mailauth.dkim.body import BodyDigest, BodyHash, digest_body
from gatepost.mailauth.dkim.header import SignedHeader
from gatepost.mailauth.dkim.key import GOOD_BITS
from gatepost.mailauth.dkim.result import Result, Verification
from gatepost.mailauth.dkim.signature import BadSignature, Signature, read_signature
from gatepost.mailauth.dkim.trial import Trial, try_keys

MAX_SIGNATURES: Final = 10  # of one message: each costs a question to DNS, and nobody has use for more
SKEW: Final = 300  # seconds that a signer's clock may be before ours
_BODY_CHANGED: Final = "the body hash does not match: the message was changed after signing"
_HEADER_CHANGED: Final = (
    "the signature does not match: a signed field was changed after signing, or it was made with another key "
    "than the published one"
)
_BOTH_CHANGED: Final = (
    "neither body nor header match the signature: the message was changed after signing, or the signature was "
    "taken from another one"
)
_LAST_SECOND: Final = 253_402_300_799  # of the year 9999, after which no date can be written
# Fields that readers see or act on: what they say is worth less when it was not signed.
_SHOWN: Final = ("subject", "to", "date", "reply-to", "content-type")


async def verify(
    header: Header, body: Iterable[bytes], resolver: Resolver, now: float
) -> tuple[Verification, ...]:
    """Verify the DKIM signatures of a message; `body` are its octets behind the empty line, cut anywhere.

    The results are in the order of the signatures from the top; () when there are none. Never raises.
    """
    signatures = read_signatures(header)
    if not signatures:
        return ()
    digests = digest_body(body, wanted(signatures))
    return await verify_read(signatures, SignedHeader(header.fields), digests, resolver, now)


async def verify_read(
    signatures: Sequence[Signature | BadSignature],
    header: SignedHeader,
    digests: Mapping[BodyHash, BodyDigest],
    resolver: Resolver,
    now: float,
) -> tuple[Verification, ...]:
    """Verify signatures that were read, with digests that hold all they want."""
    answers = await ask_all(resolver, [one.key_name for one in signatures if isinstance(one, Signature)])
    return tuple(
        [
            judge(one, header, digests[one.body], answers[one.key_name], now)
            if isinstance(one, Signature)
            else _unreadable(one)
            for one in signatures
        ]
    )


def read_signatures(header: Header) -> tuple[Signature | BadSignature, ...]:
    """Read the DKIM-Signature fields from the top, MAX_SIGNATURES at most; one more says how many were left out."""
    places = [place for place, field in enumerate(header.fields) if field.name == "dkim-signature"]
    if places and not header.whole:
        return (BadSignature(f"it stands in a header of more than {MAX_HEADER} octets"),)
    read = [read_signature(header.fields[place], place) for place in places[:MAX_SIGNATURES]]
    if more := len(places) - len(read):
        read.append(BadSignature(f"it is one of {more} that were not looked at, for there are too many"))
    return tuple(read)


def wanted(signatures: Iterable[Signature | BadSignature]) -> set[BodyHash]:
    """Give the hashes of the body that the signatures want."""
    return {one.body for one in signatures if isinstance(one, Signature)}


def judge(
    signature: Signature, header: SignedHeader, digest: BodyDigest, answer: Answer, now: float
) -> Verification:
    """Say what becomes of one signature."""
    trial = check(signature, header, digest, answer)
    result, reason = trial.result, trial.why
    if result is Result.PASS and (
        objection := objection_to(signature, digest, now) or _unsigned_author(signature, header)
    ):
        result, reason = Result.POLICY, objection
    return Verification(
        result,
        reason,
        signature.domain,
        signature.selector,
        signature.identity,
        signature.algorithm.value,
        trial.key.bits if trial.key is not None else 0,
        trial.testing,
        max(0, digest.octets - signature.body.limit) if signature.body.limit is not None else 0,
        signature.names,
        signature.signed_at,
        signature.expires,
        _begin(signature),
        _remarks(signature, header, trial),
        answer,
    )


def check(signature: Signature, header: SignedHeader, digest: BodyDigest, answer: Answer) -> Trial:
    """Verify a signature of a message, DKIM's or ARC's: header, body and key, with words for what does not match."""
    hashed = header.digest(
        signature.names, signature.canonical, signature.field, signature.place, signature.body.by
    )
    below = signature.identity.rpartition("@")[2] != signature.domain
    trial = try_keys(answer, signature.algorithm, signature.value, hashed, below=below)
    if trial.result is Result.PERMERROR:
        return trial
    limit = signature.body.limit
    no_match = trial.result is Result.FAIL and not trial.why
    if limit is not None and limit > digest.octets:
        # RFC 6376 §3.5, l=: it must not be larger than the body.
        why = f"the body is shorter than what was signed: {digest.octets} of {limit} octets"
    elif digest.value != signature.body_value:
        why = _BOTH_CHANGED if no_match else _BODY_CHANGED
    elif no_match:
        why = _HEADER_CHANGED
    else:
        return trial
    # What does not match with the key at hand does not match with the key that DNS could not give either.
    return Trial(Result.FAIL, why, trial.key, trial.testing)


def objection_to(signature: Signature, digest: BodyDigest, now: float) -> str:
    """Say why a signature that verifies does not deserve to count; "" when it does."""
    if signature.expires is not None and signature.expires < now:
        return f"the signature expired at {_time(signature.expires)}"
    if signature.signed_at is not None and signature.signed_at > now + SKEW:
        return f"the signature says it was made in the future, at {_time(signature.signed_at)}"
    limit = signature.body.limit
    if limit is not None and limit < digest.octets:
        # RFC 6376 §8.2: what follows may be anybody's, and may be all that is seen.
        return (
            f"only the first {limit} octets of the body are signed, and anybody may have added the "
            f"other {digest.octets - limit}"
        )
    return ""


def _unsigned_author(signature: Signature, header: SignedHeader) -> str:
    """Object to a From field that is not signed: a reader may be shown just that one (RFC 6376 §8.15)."""
    authors = header.count("from")
    if signature.names.count("from") >= authors:
        return ""
    return f"the message has {authors} From fields, and not all of them are signed"


def _remarks(signature: Signature, header: SignedHeader, trial: Trial) -> tuple[str, ...]:
    remarks = []
    if trial.testing:
        remarks.append("the domain is only testing this key (t=y)")
    if trial.key is not None and trial.key.type == "rsa" and trial.key.bits < GOOD_BITS:
        remarks.append(f"the key has only {trial.key.bits} bits: {GOOD_BITS} are wanted today")
    if open_ones := [name for name in _SHOWN if header.count(name) and name not in signature.names]:
        remarks.append(f"not signed: {', '.join(open_ones)}")
    return tuple(remarks)


def _unreadable(signature: BadSignature) -> Verification:
    return Verification(
        signature.result,
        f"the signature cannot be verified: {signature.why}",
        signature.domain,
        signature.selector,
        algorithm=signature.algorithm,
    )


def _begin(signature: Signature) -> str:
    """Give the first octets of the value as they are in base64 (RFC 6008 §3: eight at least)."""
    return b2a_base64(signature.value[:9], newline=False).decode("ascii")


def _time(seconds: int) -> str:
    return dt.datetime.fromtimestamp(min(seconds, _LAST_SECOND), dt.UTC).strftime("%Y-%m-%d %H:%M UTC")
