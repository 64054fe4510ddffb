"""Evidence about a client."""

from __future__ import annotations

from gatepost.checks.evidence import ReverseNameEvidence


def test_a_name_vouches_for_a_client_only_when_it_is_proven() -> None:
    assert ReverseNameEvidence("192.0.2.7", ("a.test",), "a.test").vouches_for() == "a.test"
    assert ReverseNameEvidence("192.0.2.7", ("a.test",)).vouches_for() == ""
