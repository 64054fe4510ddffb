"""Evidence about whom a message speaks for."""

from __future__ import annotations

from gatepost.checks.evidence import (
    ArcEvidence,
    AuthorEvidence,
    DkimEvidence,
    DmarcEvidence,
    EntryEvidence,
    SpfEvidence,
)


def test_proofs_say_whose_they_are_and_what_they_rest_on() -> None:
    spf = SpfEvidence("fail", "mailfrom", "192.0.2.7", "a.test", "it is not listed", "-all", "v=spf1 -all")
    assert spf.words() == "SPF fail for mailfrom a.test by '-all' in 'v=spf1 -all': it is not listed"
    signature = DkimEvidence(
        "pass", "a.test", "s1", algorithm="rsa-sha256", key_bits=1024, remarks=("short",)
    )
    assert signature.words() == "DKIM pass for a.test by key s1 (rsa-sha256, 1024 bit); short"
    assert ArcEvidence("pass", ("b.test", "a.test"), trusted="b.test").words() == (
        "ARC pass of b.test, a.test; b.test is trusted"
    )
    dmarc = DmarcEvidence(
        "fail", "a.test", "nothing is aligned", "reject", "a.test", "v=DMARC1; p=reject", 60.0
    )
    assert dmarc.words() == (
        "DMARC fail for a.test, policy reject: nothing is aligned [v=DMARC1; p=reject at _dmarc.a.test at 00:01:00]"
    )
    assert (
        AuthorEvidence("B <b@b.test>", "it looks like ours").words()
        == "From 'B <b@b.test>': it looks like ours"
    )
    assert (
        EntryEvidence("*.b.test", "x@y.b.test", "spam").words()
        == "x@y.b.test matches the entry '*.b.test' (spam)"
    )


def test_of_a_list_only_what_matched_is_public() -> None:
    assert EntryEvidence("*.b.test", "x@y.b.test", "spam").facts() == {"matched": "x@y.b.test"}


def test_a_domain_is_vouched_for_only_by_proof_of_it() -> None:
    def spf(result: str) -> SpfEvidence:
        return SpfEvidence(result, "mailfrom", "192.0.2.7", "a.test", "why")

    assert [spf(result).vouches_for() for result in ("pass", "neutral", "fail", "none")] == [
        "a.test",
        "",
        "",
        "",
    ]
    assert [DkimEvidence(r, "a.test", "s").vouches_for() for r in ("pass", "fail", "temperror")] == [
        "a.test",
        "",
        "",
    ]
    assert DkimEvidence("pass", "a.test", "s", testing=True).vouches_for() == ""
    assert DkimEvidence("pass", "a.test", "s", unsigned_octets=7).vouches_for() == ""
    assert [DmarcEvidence(r, "a.test", "why").vouches_for() for r in ("pass", "none")] == ["a.test", ""]
    assert EntryEvidence("a.test", "a.test").vouches_for() == ""
