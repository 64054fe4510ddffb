"""ARC sealed: three fields that say what we found, and what the message was when we passed it on (RFC 8617 §5.1).

On the way out, after `verify` and whatever was altered since: header and body are those that will be sent.
"""

from __future__ import annotations

from binascii import b2a_base64
from collections.abc import Iterable, Sequence
from typing import assert_never

from gatepost.mail.fields import Field, Header
from gatepost.mailauth.arc.chain import (
    MAX_SETS,
    RESULTS,
    ArcSet,
    BrokenChain,
    Found,
    new_seal_digest,
    read_chain,
)
from gatepost.mailauth.arc.result import Chain, Status
from gatepost.mailauth.dkim.body import BodyHash, digest_body
from gatepost.mailauth.dkim.header import SignedHeader
from gatepost.mailauth.dkim.keypair import algorithm_of, sign_digest
from gatepost.mailauth.dkim.sign import NotSigned, Signer, signed_names, unsignable
from gatepost.mailauth.dkim.written import draft


def seal(
    header: Header,
    body: Iterable[bytes],
    chain: Chain,
    results: str,
    signer: Signer,
    now: int,
    names: Sequence[str] = (),
) -> bytes | NotSigned:
    """Give the three fields of the next ARC set, to put before a message, or say why there can be none.

    `chain` is what was verified when the message came in, `results` are our results in the form of RFC 8601, without
    the name of a field, folded by CRLF and blank where it is long. `names` are the fields to cover, in lower case;
    those that matter, when none are named. `body` as for `dkim.sign`; `now` is t=, in seconds.
    """
    if why := unsignable(header):
        return NotSigned(why)
    match chain.status:
        case Status.TEMPERROR:
            return NotSigned("nobody knows today whether the chain before it holds")
        case Status.NONE | Status.PASS | Status.FAIL:
            pass
        case _:
            assert_never(chain.status)
    if chain.ended:
        return NotSigned("a sealer before us found the chain broken, which ends it (cv=fail)")
    instance = chain.newest + 1
    if instance > MAX_SETS:
        return NotSigned(f"the chain has {MAX_SETS} sets already")
    found = Found(chain.status.value)
    before = _sets_before(header, found, chain.newest)
    if before is None:
        return NotSigned("the ARC fields are not those that were verified")
    results_field = Field(RESULTS, f"ARC-Authentication-Results: i={instance}; {results}\r\n".encode())
    signature = _message_signature(
        Header((results_field, *header.fields), 0), body, signer, instance, now, names
    )
    draft_seal = draft(
        "ARC-Seal",
        [
            ("a", algorithm_of(signer.key).value),
            ("b", ""),
            ("cv", found.value),
            ("d", signer.domain),
            ("i", str(instance)),
            ("s", signer.selector),
            ("t", str(now)),
        ],
    )
    digest = new_seal_digest(before, results_field, signature, draft_seal.field)
    return draft_seal.signed(sign_digest(signer.key, digest)) + signature.raw + results_field.raw


def _sets_before(header: Header, found: Found, newest: int) -> Sequence[ArcSet] | None:
    """Give the sets that the seal covers; None when the header does not hold the chain that was found."""
    if found is Found.FAIL:
        return ()  # §5.1.2: it covers its own set only, for nothing else can be relied on
    sets = read_chain(header)
    if isinstance(sets, BrokenChain) or len(sets) != newest:
        return None
    return sets


def _message_signature(
    header: Header, body: Iterable[bytes], signer: Signer, instance: int, now: int, names: Sequence[str]
) -> Field:
    signed = SignedHeader(header.fields)
    # §4.1.2: DKIM-Signature fields should be covered, Authentication-Results and ARC-Seal must not be.
    names = names or [*signed_names(signed), *["dkim-signature"] * signed.count("dkim-signature")]
    wanted = BodyHash(signer.body)
    bh = b2a_base64(digest_body(body, [wanted])[wanted].value, newline=False).decode("ascii")
    field = draft(
        "ARC-Message-Signature",
        [
            ("a", algorithm_of(signer.key).value),
            ("b", ""),
            ("bh", bh),
            ("c", f"{signer.header}/{signer.body}"),
            ("d", signer.domain),
            ("h", ":".join(names)),
            ("i", str(instance)),
            ("s", signer.selector),
            ("t", str(now)),
        ],
    )
    digest = signed.digest(names, signer.header, field.field)
    return Field("arc-message-signature", field.signed(sign_digest(signer.key, digest)))
