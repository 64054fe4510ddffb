"""Key records are read as RFC 6376 §3.6.1 and RFC 8463 write them, and what cannot be used says why."""

from __future__ import annotations

import hashlib
from base64 import b64encode

import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import Prehashed
from cryptography.hazmat.primitives.hashes import SHA1
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from gatepost.mailauth.dkim.hash import Hash
from gatepost.mailauth.dkim.key import PADDING, Algorithm, BadKey, Key, read_key
from gatepost.mailauth.dkim.keypair import key_record, new_rsa_key
from tests.mailauth.dkim.letters import ed25519, rsa

# RFC 8463 appendix A.2.
ED25519 = "11qYAYKxCrfVS/7TyWQHOg7hcvPapiMlrwIaaPcHURo="
RSA = key_record(rsa()).rpartition("p=")[2]


def read(record: str) -> Key:
    key = read_key(record)
    assert isinstance(key, Key), key
    return key


def test_keys_of_both_types_are_read() -> None:
    assert (read(f"v=DKIM1; k=ed25519; p={ED25519}").type, read(f"p={RSA}").type) == ("ed25519", "rsa")
    assert (read(f"k=ed25519;p={ED25519}").bits, read(f"p={RSA}").bits) == (256, 2048)
    pkcs1 = rsa().public_key().public_bytes(Encoding.DER, PublicFormat.PKCS1)  # type: ignore[arg-type]
    assert read(f"k=rsa; p={b64encode(pkcs1).decode()}").bits == 2048
    assert read(f"v = DKIM1 ; p = {RSA[:40]} \t {RSA[40:]} ; n=a note; g=; x=unknown").bits == 2048


def test_what_the_owner_says_of_it_is_read() -> None:
    plain = read(f"p={RSA}")
    assert (plain.testing, plain.strict, plain.hashes, plain.for_mail) == (False, False, None, True)
    said = read(f"p={RSA}; t= y : s : other; h=sha1 : sha256; s=email:web")
    assert (said.testing, said.strict, said.hashes) == (True, True, {"sha1", "sha256"})
    assert said.for_mail
    assert not read(f"p={RSA}; s=web").for_mail
    assert read(f"p={RSA}; s=*").for_mail


@pytest.mark.parametrize(
    ("record", "why"),
    [
        ("v=spf1 -all", "does not begin with v=DKIM1"),
        (f"p={RSA}; v=DKIM1", "does not begin with v=DKIM1"),
        ("v=DKIM1; k=rsa", "no p="),
        ("v=DKIM1; p=", "revoked"),
        ("v=DKIM1; p=!!!", "not base64"),
        (f"v=DKIM1; p={RSA[:-5]}", "not base64"),
        ("v=DKIM1; p=aGVsbG8=", "no RSA key"),
        (f"v=DKIM1; p={ED25519}", "no RSA key"),
        ("v=DKIM1; k=ed25519; p=aGVsbG8=", "no Ed25519 key"),
        (f"v=DKIM1; k=dsa; p={RSA}", "k=dsa"),
        ("google-site-verification", "has no tag"),
        ("", "no p="),
    ],
)
def test_a_record_that_holds_no_key_says_why(record: str, why: str) -> None:
    bad = read_key(record)
    assert isinstance(bad, BadKey)
    assert why in bad.why


def test_a_key_of_another_kind_and_one_without_measure_are_refused() -> None:
    curve = ec.generate_private_key(ec.SECP256R1()).public_key()
    octets = curve.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    bad = read_key(f"p={b64encode(octets).decode()}")
    assert isinstance(bad, BadKey)
    assert "no RSA key" in bad.why


def test_a_revoked_key_may_still_be_one_that_was_only_tried() -> None:
    bad = read_key("t=y; p=")
    assert isinstance(bad, BadKey)
    assert bad.testing


def test_a_key_verifies_what_its_owner_signed() -> None:
    digest = bytes(32)
    signature = ed25519().sign(digest)  # type: ignore[call-arg]
    assert read(key_record(ed25519())).verifies(signature, digest)
    assert not read(key_record(ed25519())).verifies(signature, b"\1" + digest[1:])
    assert not read(key_record(ed25519())).verifies(b"", digest)
    assert not read(key_record(new_rsa_key(1024))).verifies(b"x" * 128, digest)


def test_an_algorithm_names_its_type_of_key() -> None:
    assert [algorithm.key_type for algorithm in Algorithm] == ["rsa", "ed25519", "rsa"]


def test_an_algorithm_names_its_hash_and_the_one_that_proves_nothing_any_more_is_weak() -> None:
    assert [algorithm.hash for algorithm in Algorithm] == ["sha256", "sha256", "sha1"]
    assert [algorithm for algorithm in Algorithm if algorithm.weak] == ["rsa-sha1"]


def test_a_key_verifies_by_the_hash_that_was_signed() -> None:
    private = new_rsa_key(1024)
    digest = hashlib.sha1(b"a letter").digest()
    signature = private.sign(digest, PADDING, Prehashed(SHA1()))  # type: ignore[call-arg]
    assert read(key_record(private)).verifies(signature, digest, Hash.SHA1)
    assert not read(key_record(private)).verifies(signature, hashlib.sha256(b"a letter").digest())
