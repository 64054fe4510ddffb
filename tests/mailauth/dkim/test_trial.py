"""A signature is tried with the keys that DNS has, and the first that fits decides."""

from __future__ import annotations

import hashlib
from base64 import b64encode

import pytest
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicNumbers
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from gatepost.mail.dns import Answer, Status
from gatepost.mailauth.dkim.key import Algorithm
from gatepost.mailauth.dkim.keypair import key_record, new_rsa_key, sign_digest
from gatepost.mailauth.dkim.trial import MAX_RECORDS, Trial, try_keys
from tests.mailauth.dkim.letters import ed25519, rsa

DIGEST = hashlib.sha256(b"a letter").digest()
VALUE = sign_digest(rsa(), DIGEST)
RSA, OTHER, ED25519 = key_record(rsa()), key_record(new_rsa_key(1024)), key_record(ed25519())


def tried(*records: str, below: bool = False, value: bytes = VALUE) -> Trial:
    answer = Answer("s._domainkey.a.test", "TXT", Status.FOUND, records)
    return try_keys(answer, Algorithm.RSA_SHA256, value, DIGEST, below=below)


def test_a_key_that_fits_passes_wherever_it_stands() -> None:
    assert tried(RSA).result == "pass"
    assert tried("v=spf1 -all", ED25519, OTHER, RSA).result == "pass"


def test_what_is_behind_the_bound_is_not_tried() -> None:
    assert tried(*["v=spf1 -all"] * MAX_RECORDS, RSA).result == "permerror"


def test_a_key_that_does_not_fit_says_more_than_a_record_that_is_none() -> None:
    trial = tried("v=spf1 -all", OTHER)
    assert (trial.result, trial.why) == ("fail", "")
    assert trial.key is not None
    assert trial.key.bits == 1024


@pytest.mark.parametrize(
    ("record", "why"),
    [
        ("v=spf1 -all", "found: 'v=spf1 -all'"),
        ("v=DKIM1; p=", "the key at s._domainkey.a.test is revoked"),
        (ED25519, "for another kind of signature"),
        (RSA + "; h=sha1", "may not be used with sha256: h=sha1"),
        (RSA + "; s=web", "not for mail"),
    ],
)
def test_a_key_that_may_not_be_used_is_an_error_that_stays(record: str, why: str) -> None:
    trial = tried(record)
    assert (trial.result, why in trial.why) == ("permerror", True), trial


def test_a_key_may_be_for_the_one_hash_and_not_for_the_other() -> None:
    answer = Answer("s._domainkey.a.test", "TXT", Status.FOUND, (RSA + "; h=sha256",))
    trial = try_keys(answer, Algorithm.RSA_SHA1, VALUE, DIGEST[:20])
    assert (trial.result, "may not be used with sha1" in trial.why) == ("permerror", True)


def test_a_strict_key_is_not_for_subdomains() -> None:
    assert tried(RSA + "; t=s").result == "pass"
    assert tried(RSA + "; t=s", below=True).result == "permerror"
    assert tried(RSA + "; t=y", below=True).testing


def test_a_short_key_proves_nothing() -> None:
    # A number like those of real keys of that length, which cannot even be made any more.
    short = RSAPublicNumbers(65_537, (1 << 511) + 1).public_key()
    octets = short.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    trial = tried(f"v=DKIM1; p={b64encode(octets).decode()}")
    assert (trial.result, "only 512 bits" in trial.why) == ("fail", True)


def test_a_failure_of_dns_is_never_a_fail() -> None:
    failed = Answer("s._domainkey.a.test", "TXT", Status.FAILED, reason="SERVFAIL")
    trial = try_keys(failed, Algorithm.RSA_SHA256, VALUE, DIGEST)
    assert (trial.result, trial.why) == (
        "temperror",
        "the key at s._domainkey.a.test cannot be had now: SERVFAIL",
    )
    for status in (Status.ABSENT, Status.EMPTY):
        absent = Answer("s._domainkey.a.test", "TXT", status)
        assert try_keys(absent, Algorithm.RSA_SHA256, VALUE, DIGEST).result == "permerror"
