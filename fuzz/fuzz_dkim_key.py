"""Fuzz the reading of DKIM key records."""

from __future__ import annotations

from gatepost.mailauth.dkim.key import MAX_BITS, BadKey, read_key


def target(data: bytes) -> None:
    """Any record gives a key that verifies nothing forged, or says why it is none; no exception."""
    key = read_key(data.decode("utf-8", "replace"))
    if isinstance(key, BadKey):
        assert key.why
        assert len(key.why) < 300
    else:
        assert key.type in ("rsa", "ed25519")
        assert 0 < key.bits <= MAX_BITS
        assert not key.verifies(b"\1" * (key.bits // 8), bytes(32))
