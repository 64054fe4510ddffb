"""Evidence about what a message holds."""

from __future__ import annotations

from gatepost.checks.evidence import SignatureEvidence, SizeEvidence, WeighedEvidence


def test_a_size_and_a_signature_say_themselves_in_words() -> None:
    assert (
        SizeEvidence(2000, 1000, declared=True).words() == "2,000 octets declared, the limit is 1,000 octets"
    )
    assert SignatureEvidence("X", "clamd", "part 1").words() == "X in part 1, found by clamd"


def test_of_a_signature_only_its_name_is_public() -> None:
    assert SignatureEvidence("X", "clamd at /secret", "part 1").facts() == {"signature": "X"}


def test_another_filter_is_quoted_with_the_rules_that_weighed_most_and_told_to_nobody() -> None:
    bare = WeighedEvidence("spamd", -0.5, 5.0, "no spam")
    assert bare.words() == "spamd says no spam, -0.5 of 5"
    many = WeighedEvidence("Rspamd", 20.0, 15.0, "reject", tuple((f"R{n}", 2.0) for n in range(10)))
    assert many.words().startswith("Rspamd says reject, 20 of 15: R0 +2, R1 +2, ")
    assert many.words().endswith("R7 +2 and 2 more")
    assert many.facts() == {}
