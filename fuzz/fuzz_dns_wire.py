"""Search for answers of name servers that break the reading of DNS messages."""

from __future__ import annotations

from typing import get_args

from gatepost.gateway.resolver.wire import MAX_NAME, PAYLOAD, Said, Senseless, encode_name, question, read
from gatepost.mail.dns import Kind

KINDS = get_args(Kind)
NAME = encode_name("a.example") or b""


def target(data: bytes) -> None:
    """Any octets behind the question are read or make no sense; names that were read can be asked for."""
    kind: Kind = KINDS[data[0] % len(KINDS)] if data else "A"
    asked = question(7, NAME, kind, extended=False)
    for octets in (
        data,
        data[1:7] + asked[6:] + data[7:],
        b"\0\7\x81\x80\0\1" + data[1:7] + asked[12:] + data[7:],
    ):
        said = read(octets, NAME, kind)
        if not isinstance(said, Said):
            assert said is None or (isinstance(said, Senseless) and said.why)
            continue
        assert -1 <= said.ttl < 1 << 32
        assert len(question(1, NAME, kind)) < PAYLOAD
        if kind in ("PTR", "CNAME", "NS"):
            for name in said.records:
                again = encode_name(name)
                assert name == "" or (again is not None and len(again) <= MAX_NAME), name
