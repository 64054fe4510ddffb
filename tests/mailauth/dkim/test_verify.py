"""Each signature gets its result, the evidence for it, and words that say what to do about it."""

from __future__ import annotations

import asyncio
import re
from base64 import b64encode

import pytest
from msgspec import structs

from gatepost.mail.dns import Status
from gatepost.mail.fields import MAX_HEADER, Header, split
from gatepost.mailauth.dkim.body import BodyHash, Canonical, digest_body
from gatepost.mailauth.dkim.header import SignedHeader
from gatepost.mailauth.dkim.keypair import key_record, new_rsa_key, sign_digest
from gatepost.mailauth.dkim.sign import Signer
from gatepost.mailauth.dkim.verify import (
    MAX_SIGNATURES,
    SKEW,
    check,
    judge,
    objection_to,
    read_signatures,
    verify,
    verify_read,
    wanted,
)
from gatepost.mailauth.dkim.written import draft
from tests.mailauth.dkim.letters import (
    DOMAIN,
    LETTER,
    ed25519_signer,
    result,
    results,
    rsa,
    rsa_signer,
    signed,
    zone,
)
from tests.mailauth.zone import NOW, Zone

# RFC 6376 appendix A.2 and C.
OLD_LETTER = b"""\
DKIM-Signature: v=1; a=rsa-sha256; s=brisbane; d=example.com;
      c=simple/simple; q=dns/txt; i=joe@football.example.com;
      h=Received : From : To : Subject : Date : Message-ID;
      bh=2jUSOH9NhtVGCQWNr9BrIAPreKQjO6Sn7XIkfJVOzv8=;
      b=AuUoFEfDxTDkHlLXSZEpZj79LICEps6eda7W3deTVFOk4yAUoqOB
      4nujc7YopdG5dWLSdNg6xNAZpOPr+kHxt1IrE+NahM6L/LbvaHut
      KVdkLLkpVaVVQPzeRDI009SO2Il5Lu7rDNH6mZckBdrIx0orEtZV
      4bmp/YzhwvcubU4=;
Received: from client1.football.example.com  [192.0.2.1]
      by submitserver.example.com with SUBMISSION;
      Fri, 11 Jul 2003 21:01:54 -0700 (PDT)
From: Joe SixPack <joe@football.example.com>
To: Suzie Q <suzie@shopping.example.net>
Subject: Is dinner ready?
Date: Fri, 11 Jul 2003 21:00:37 -0700 (PDT)
Message-ID: <20030712040037.46341.5F8J@football.example.com>

Hi.

We lost the game. Are you hungry yet?

Joe.
""".replace(b"\n", b"\r\n")
OLD_KEY = (
    "v=DKIM1; p=MIGfMA0GCSqGSIb3DQEBAQUAA4GNADCBiQKBgQDwIRP/UC3SBsEmGqZ9ZJW3/DkMoGeLnQg1fWn7/zYtIxN2SnFC"
    "jxOCKG9v3b4jYfcTNh5ijSsq631uBItLa7od+v/RtdC2UzJ1lWT947qR+Rcac2gbto/NMqJ0fzfVjH4OuKhitdY9tf6mcwGjaNBcWToIM"
    "mPSPDdQPNUYckcQ2QIDAQAB"
)


def test_the_signed_message_of_rfc_6376_passes() -> None:
    found = result(OLD_LETTER, Zone({"brisbane._domainkey.example.com": OLD_KEY}))
    assert (found.result, found.reason) == ("pass", "")
    assert (found.domain, found.selector, found.identity) == (
        "example.com",
        "brisbane",
        "joe@football.example.com",
    )
    assert (found.key_bits, found.header_b) == (1024, "AuUoFEfDxTDk")
    assert found.remarks == ("the key has only 1024 bits: 2048 are wanted today",)


def test_the_result_holds_its_evidence() -> None:
    found = result(signed(LETTER))
    assert found.result == "pass"
    assert (found.domain, found.selector, found.identity) == (DOMAIN, "rsa", f"@{DOMAIN}")
    assert (found.algorithm, found.key_bits, found.testing, found.unsigned_octets) == (
        "rsa-sha256",
        2048,
        False,
        0,
    )
    assert (found.signed_at, found.expires, found.remarks) == (NOW, None, ())
    assert {"from", "to", "subject", "date"} <= set(found.signed)
    assert found.key is not None
    assert (found.key.name, found.key.at) == (f"rsa._domainkey.{DOMAIN}", NOW)


def test_all_signatures_are_judged_and_their_keys_asked_once() -> None:
    known = zone()
    message = signed(LETTER, rsa_signer(), ed25519_signer(), rsa_signer(Canonical.SIMPLE, Canonical.SIMPLE))
    found = results(message, known)
    assert [one.result for one in found] == ["pass"] * 3
    assert [one.algorithm for one in found] == ["rsa-sha256", "ed25519-sha256", "rsa-sha256"]
    assert sorted(known.asked) == [f"ed._domainkey.{DOMAIN}", f"rsa._domainkey.{DOMAIN}"]


def test_a_message_without_a_signature_has_no_results_and_is_not_read() -> None:
    def never() -> bytes:
        raise AssertionError

    header = split(LETTER)
    assert asyncio.run(verify(header, iter(never, b""), zone(), NOW)) == ()


def test_many_signatures_are_looked_at_up_to_a_bound_which_is_said() -> None:
    message = signed(LETTER, *[ed25519_signer()] * (MAX_SIGNATURES + 3))
    found = results(message)
    assert [one.result for one in found] == ["pass"] * MAX_SIGNATURES + ["neutral"]
    assert "one of 3 that were not looked at" in found[-1].reason


@pytest.mark.parametrize(
    ("old", "new", "why"),
    [
        (b"Bob,", b"Bub,", "the body hash does not match: the message was changed after signing"),
        (b"a  walk", b"a run", "a signed field was changed after signing"),
        (b"To: bob", b"To: eve", "a signed field was changed after signing"),
        (b"Subject", b"Reply-To: eve@evil.test\r\nSubject", "a signed field was changed"),
    ],
)
def test_what_was_changed_is_told(old: bytes, new: bytes, why: str) -> None:
    found = result(signed(LETTER).replace(old, new, 1))
    assert (found.result, why in found.reason) == ("fail", True), found


def test_a_signature_taken_from_another_message_matches_nothing() -> None:
    stolen = signed(LETTER).partition(b"Received:")[0] + b"From: eve@mail.test\r\n\r\nBuy!\r\n"
    found = result(stolen)
    assert found.result == "fail"
    assert "neither body nor header match" in found.reason


def test_relaxed_signatures_bear_what_relays_do_to_blanks_and_simple_ones_do_not() -> None:
    for way, wanted_result in ((Canonical.RELAXED, "pass"), (Canonical.SIMPLE, "fail")):
        message = signed(LETTER, rsa_signer(way, way))
        changed = message.replace(b"Hello  Bob, ", b"Hello\tBob,").replace(b"a  walk\r\n\t", b"a walk ")
        changed = changed.replace(b"To: ", b"TO:") + b"\r\n"
        assert result(changed).result == wanted_result


def relabeled(message: bytes, tag: bytes, value: bytes) -> bytes:
    return re.sub(rb"\b" + tag + rb"=[^;]*", tag + b"=" + value, message, count=1)


def test_a_bad_field_gets_a_result_too_with_what_it_claims() -> None:
    found = result(relabeled(signed(LETTER), b"a", b"rsa-sha1"))
    assert (found.result, found.domain, found.selector) == ("permerror", DOMAIN, "rsa")
    assert "rsa-sha1 is too weak" in found.reason
    assert found.key is None


def test_times_are_looked_at_when_all_else_is_good() -> None:
    message = signed(LETTER, structs.replace(rsa_signer(), lifetime=100))
    assert result(message, now=NOW + 100).result == "pass"
    expired = result(message, now=NOW + 101)
    assert (expired.result, expired.reason) == ("policy", "the signature expired at 2023-11-14 22:15 UTC")
    assert result(message, now=NOW - SKEW).result == "pass"
    early = result(message, now=NOW - SKEW - 1)
    assert (early.result, "made in the future" in early.reason) == ("policy", True)
    assert result(message.replace(b"Bob", b"Bub"), now=NOW + 1_000).result == "fail"


def test_a_time_beyond_the_calendar_is_a_time() -> None:
    far = result(signed(LETTER, now=999_999_999_999))
    assert (far.result, "9999-12-31" in far.reason) == ("policy", True)


SEEN = b"Hello Bob,\r\n\r\n shall we go?\r\n"  # the body of LETTER in the relaxed form


def with_length(length: int, message: bytes = LETTER) -> bytes:
    """Sign the first octets of the body alone, which `sign` never does."""
    header = split(message)
    wanted_hash = BodyHash(Canonical.RELAXED, length)
    digest = digest_body([message[header.body :]], [wanted_hash])[wanted_hash].value
    tags = [
        ("v", "1"),
        ("a", "rsa-sha256"),
        ("c", "relaxed/relaxed"),
        ("d", DOMAIN),
        ("s", "rsa"),
        ("h", "from"),
    ]
    field = draft(
        "DKIM-Signature", [*tags, ("l", str(length)), ("bh", b64encode(digest).decode()), ("b", "")]
    )
    hashed = SignedHeader(header.fields).digest(["from"], Canonical.RELAXED, field.field)
    return field.signed(sign_digest(rsa(), hashed)) + message


def test_a_signature_of_a_part_of_the_body_does_not_count_and_says_how_much_anybody_may_have_added() -> None:
    whole = len(SEEN)
    assert result(with_length(whole)).result == "pass"
    found = result(with_length(whole) + b"Buy!\r\n")
    assert (found.result, found.unsigned_octets) == ("policy", len(b"\r\n\r\nBuy!\r\n"))
    assert f"only the first {whole} octets of the body are signed" in found.reason
    assert "not signed: subject, to, date, content-type" in found.remarks
    none = result(with_length(0))
    assert (none.result, none.unsigned_octets) == ("policy", whole)
    long = result(with_length(whole + 1))
    assert (long.result, "shorter than what was signed" in long.reason) == ("fail", True)


def test_a_from_field_that_nobody_signed_does_not_pass() -> None:
    doubled = result(b"From: eve@evil.test\r\n" + signed(LETTER))
    assert doubled.result == "fail"  # our signatures are made so that none can be added
    found = result(b"From: eve@evil.test\r\n" + with_length(len(SEEN)))
    assert (found.result, "2 From fields" in found.reason) == ("policy", True)


def test_keys_decide_as_their_owner_says() -> None:
    name, record = f"rsa._domainkey.{DOMAIN}", key_record(rsa())
    message = signed(LETTER)
    assert result(message, Zone({name: record + "; t=y"})).remarks == (
        "the domain is only testing this key (t=y)",
    )
    assert result(message, Zone({name: record + "; t=y"})).testing
    revoked = result(message, Zone({name: "v=DKIM1; p="}))
    assert (revoked.result, revoked.reason) == (
        "permerror",
        f"the key at {name} is revoked: its p= is empty",
    )
    absent = result(message, Zone({}))
    assert (absent.result, absent.reason) == ("permerror", f"there is no key at {name}")
    assert absent.key is not None
    assert absent.key.status is Status.ABSENT
    other = result(message, Zone({name: key_record(new_rsa_key(1024))}))
    assert (other.result, other.key_bits) == ("fail", 1024)


def test_a_failure_of_dns_is_temporary_but_does_not_save_a_changed_body() -> None:
    silent = Zone({f"rsa._domainkey.{DOMAIN}": None})
    found = result(signed(LETTER), silent)
    assert found.result == "temperror"
    assert "cannot be had now: no answer within 5 seconds" in found.reason
    assert result(signed(LETTER).replace(b"Bob", b"Bub"), silent).result == "fail"


def test_a_strict_key_is_for_its_own_domain_only() -> None:
    known = Zone({"brisbane._domainkey.example.com": OLD_KEY + "; t=s"})
    found = result(OLD_LETTER, known)
    assert (found.result, "may not be used for subdomains" in found.reason) == ("permerror", True)


def test_a_domain_in_unicode_is_asked_in_ascii() -> None:
    signer = Signer("xn--bcher-kva.example", "rsa", rsa())
    message = signed(LETTER, signer)
    known = Zone({"rsa._domainkey.xn--bcher-kva.example": key_record(rsa())})
    assert result(message, known).result == "pass"
    # The tag in Unicode is another text, so this one does not verify, but its key is found (RFC 8616 §5).
    found = result(message.replace(b"xn--bcher-kva.example", "bücher.example".encode(), 1), known)
    assert (found.result, found.domain, found.key_bits) == ("fail", "xn--bcher-kva.example", 2048)


def test_a_header_without_end_is_not_verified() -> None:
    header = structs.replace(split(signed(LETTER)), whole=False)
    (only,) = asyncio.run(verify(header, [], zone(), NOW))
    assert (only.result, str(MAX_HEADER) in only.reason) == ("neutral", True)


def test_an_enormous_list_of_names_is_read_in_one_go() -> None:
    message = relabeled(signed(LETTER), b"h", b"from:to:" * 20_000 + b"from")
    assert result(message).result == "fail"


def test_the_parts_can_be_used_one_by_one() -> None:
    message = signed(LETTER)
    header: Header = split(message)
    signatures = read_signatures(header)
    hashes = wanted(signatures)
    assert hashes == {BodyHash(Canonical.RELAXED)}
    digests = digest_body([message[header.body :]], hashes)
    fields = SignedHeader(header.fields)
    (found,) = asyncio.run(verify_read(signatures, fields, digests, zone(), NOW))
    assert found.result == "pass"
    (signature,) = signatures
    assert found.key is not None
    (digest,) = digests.values()
    assert judge(signature, fields, digest, found.key, NOW) == found  # type: ignore[arg-type]
    assert check(signature, fields, digest, found.key).result == "pass"  # type: ignore[arg-type]
    assert objection_to(signature, digest, NOW) == ""  # type: ignore[arg-type]
