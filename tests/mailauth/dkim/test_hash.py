from __future__ import annotations

from gatepost.mailauth.dkim.hash import Hash

# FIPS 180-4, the examples of one block.
ABC = {
    Hash.SHA256: "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad",
    Hash.SHA1: "a9993e364706816aba3e25717850c26c9cd0d89d",
}


def test_a_hash_is_taken_at_once_or_in_pieces() -> None:
    for by, digest in ABC.items():
        assert by.of(b"abc").hex() == digest
        hashed = by.new()
        hashed.update(b"a")
        hashed.update(b"bc")
        assert hashed.hexdigest() == digest
