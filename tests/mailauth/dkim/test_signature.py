"""DKIM-Signature fields are read as RFC 6376 §3.5 writes them, and those that cannot be used say why."""

from __future__ import annotations

import pytest

from gatepost.mail.fields import Field
from gatepost.mailauth.dkim.body import BodyHash, Canonical
from gatepost.mailauth.dkim.key import Algorithm
from gatepost.mailauth.dkim.signature import BadSignature, Signature, read_signature

TAGS = {
    "v": "1",
    "a": "rsa-sha256",
    "d": "Mail.Test",
    "s": "Sel",
    "h": "From : To",
    "bh": "aGVs bG8=",
    "b": "aGVs\r\n bG8=",
}


def read(**tags: str | None) -> Signature | BadSignature:
    merged = {name: value for name, value in (TAGS | tags).items() if value is not None}
    text = "; ".join(f"{name}={value}" for name, value in merged.items())
    return read_signature(Field("dkim-signature", f"DKIM-Signature: {text}\r\n".encode()), 3)


def good(**tags: str | None) -> Signature:
    signature = read(**tags)
    assert isinstance(signature, Signature), signature
    return signature


def test_a_signature_is_read_with_the_defaults_of_what_it_does_not_say() -> None:
    signature = good()
    assert (signature.place, signature.algorithm) == (3, Algorithm.RSA_SHA256)
    assert (signature.domain, signature.selector, signature.identity) == ("mail.test", "sel", "@mail.test")
    assert signature.key_name == "sel._domainkey.mail.test"
    assert (signature.canonical, signature.body) == (Canonical.SIMPLE, BodyHash(Canonical.SIMPLE))
    assert (signature.names, signature.body_value, signature.value) == (("from", "to"), b"hello", b"hello")
    assert (signature.signed_at, signature.expires) == (None, None)


def test_what_it_says_is_read() -> None:
    signature = good(
        a="ed25519-sha256", c="relaxed/simple", l="5", t="10", x="20", q="x/y : dns/txt", z="From:a"
    )
    assert signature.algorithm is Algorithm.ED25519_SHA256
    assert (signature.canonical, signature.body) == (Canonical.RELAXED, BodyHash(Canonical.SIMPLE, 5))
    assert (signature.signed_at, signature.expires) == (10, 20)
    # §3.5: c=relaxed alone is relaxed/simple.
    assert good(c="relaxed").body.canonical is Canonical.SIMPLE


@pytest.mark.parametrize(
    ("written", "identity"),
    [
        ("joe@mail.test", "joe@mail.test"),
        ("@Sub.Mail.Test", "@sub.mail.test"),
        ("j=3D=40x@mail.test", "j=@x@mail.test"),
        ("=C3=A4@mail.test", "ä@mail.test"),
        ("ä@mail.test", "ä@mail.test"),
    ],
)
def test_the_identity_is_decoded(written: str, identity: str) -> None:
    assert good(i=written).identity == identity


def test_domains_may_be_in_unicode() -> None:
    signature = good(d="bücher.example", s="wählt", i="ann@post.bücher.example")
    assert signature.key_name == "xn--whlt-loa._domainkey.xn--bcher-kva.example"
    assert signature.identity == "ann@post.xn--bcher-kva.example"


@pytest.mark.parametrize(
    ("tags", "result", "why"),
    [
        ({"v": None}, "permerror", "no v="),
        ({"v": "2"}, "neutral", "v=2"),
        ({"a": None}, "permerror", "no a="),
        ({"a": "rsa-sha1"}, "permerror", "rsa-sha1 is too weak"),
        ({"a": "rsa-md5"}, "neutral", "a=rsa-md5"),
        ({"b": None}, "permerror", "no b="),
        ({"b": ""}, "permerror", "no b="),
        ({"b": "???"}, "neutral", "b= is not base64"),
        ({"bh": None}, "permerror", "no bh="),
        ({"bh": "aGVsbG8"}, "neutral", "bh= is not base64"),
        ({"c": "odd"}, "neutral", "c= is a canonical form"),
        ({"c": "relaxed/"}, "neutral", "c= is a canonical form"),
        ({"c": ""}, "neutral", "c= is a canonical form"),
        ({"d": None}, "permerror", "no d="),
        ({"d": "a..b"}, "neutral", "d= is no domain"),
        ({"s": None}, "permerror", "no s="),
        ({"s": "a b"}, "neutral", "s= is no selector"),
        ({"h": None}, "permerror", "no h="),
        ({"h": ""}, "permerror", "not cover the From"),
        ({"h": "To:Subject"}, "permerror", "not cover the From"),
        ({"i": "joe"}, "neutral", "i= is no identity"),
        ({"i": "joe@"}, "neutral", "i= is no identity"),
        ({"i": "joe@other.test"}, "permerror", "not within mail.test"),
        ({"i": "joe@notmail.test"}, "permerror", "not within mail.test"),
        ({"l": "-1"}, "neutral", "l= is no number"),
        ({"l": "9" * 77}, "neutral", "l= is no number"),
        ({"t": "soon"}, "neutral", "t= is no number"),
        ({"t": ""}, "neutral", "t= is no number"),
        ({"x": "1" * 13}, "neutral", "x= is no number"),
        ({"t": "20", "x": "20"}, "permerror", "expires before it was made"),
        ({"q": "http"}, "neutral", "q=http"),
        ({"n": "a;; b"}, "neutral", "empty tag"),
        ({"n": "\xff"}, "pass", ""),
    ],
)
def test_a_signature_that_cannot_be_used_says_why(tags: dict[str, str], result: str, why: str) -> None:
    signature = read(**tags)
    if result == "pass":
        assert isinstance(signature, Signature)
        return
    assert isinstance(signature, BadSignature)
    assert (signature.result, why in signature.why) == (result, True), signature
    if "d" not in tags and "n" not in tags:
        assert signature.domain == "mail.test"


def test_octets_that_are_no_utf8_make_a_bad_signature() -> None:
    read = read_signature(Field("dkim-signature", b"DKIM-Signature: v=1; n=\xff\r\n"), 0)
    assert isinstance(read, BadSignature)
    assert "U+FFFD" in read.why
