"""Keys are made, kept and told to DNS so that others can verify with them."""

from __future__ import annotations

import re

import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    NoEncryption,
    PrivateFormat,
)

from gatepost.mailauth.dkim.key import Algorithm, Key, read_key
from gatepost.mailauth.dkim.keypair import (
    MAX_STRING,
    BadPrivateKey,
    PrivateKey,
    algorithm_of,
    key_record,
    new_ed25519_key,
    new_rsa_key,
    read_private_key,
    sign_digest,
    write_private_key,
    zone_line,
)
from tests.mailauth.dkim.letters import ed25519, rsa

DIGEST = bytes(range(32))


@pytest.mark.parametrize("key", [new_rsa_key(), new_ed25519_key()], ids=["rsa", "ed25519"])
def test_a_key_is_kept_and_told(key: PrivateKey) -> None:
    kept = read_private_key(write_private_key(key))
    assert not isinstance(kept, BadPrivateKey)
    assert algorithm_of(kept) is algorithm_of(key)
    assert sign_digest(kept, DIGEST) == sign_digest(key, DIGEST)
    told = read_key(key_record(key, testing=True))
    assert isinstance(told, Key)
    assert told.testing
    assert told.type == algorithm_of(key).key_type
    assert told.verifies(sign_digest(key, DIGEST), DIGEST)


def test_a_long_record_is_told_in_strings_that_dns_can_hold() -> None:
    record = key_record(rsa())
    line = zone_line("mail.test", "s1", record)
    assert line.startswith('s1._domainkey.mail.test. IN TXT ( "v=DKIM1; k=rsa; p=')
    strings = re.findall(r'"([^"]*)"', line)
    assert "".join(strings) == record
    assert [len(string) for string in strings] == [MAX_STRING, len(record) - MAX_STRING]
    assert len(re.findall(r'"[^"]*"', zone_line("mail.test", "s2", key_record(ed25519())))) == 1


def test_what_openssl_writes_is_read() -> None:
    key = rsa()
    pem = key.private_bytes(Encoding.PEM, PrivateFormat.TraditionalOpenSSL, NoEncryption())
    read = read_private_key(pem)
    assert not isinstance(read, BadPrivateKey)
    assert algorithm_of(read) is Algorithm.RSA_SHA256


def test_what_is_no_key_to_sign_with_says_why() -> None:
    def why(pem: bytes) -> str:
        read = read_private_key(pem)
        assert isinstance(read, BadPrivateKey)
        return read.why

    locked = rsa().private_bytes(Encoding.PEM, PrivateFormat.PKCS8, BestAvailableEncryption(b"secret"))
    curve = ec.generate_private_key(ec.SECP256R1())
    assert "encrypted" in why(locked)
    assert "no private key" in why(b"nothing")
    assert "neither" in why(curve.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
