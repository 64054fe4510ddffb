from __future__ import annotations

from gatepost.policy.known import KNOWN, Known


def test_every_finding_has_its_usual_choice_among_its_choices_and_says_why() -> None:
    for known in KNOWN.values():
        assert known.choice in known.choices()
        assert known.because
        assert known.means


def test_only_what_speaks_in_favour_can_accept() -> None:
    bad = Known(finding="a-found", means="m", choice="reject", because="b", reject="virus-found")
    good = Known(finding="b-found", means="m", choice="accept", because="b")
    assert bad.choices() == ("reject", "hold", "mark", "observe")
    assert good.choices() == ("accept", "mark", "observe")


def test_a_person_is_asked_only_about_what_speaks_against_a_message_that_is_there() -> None:
    held = {known.finding for known in KNOWN.values() if "hold" in known.choices()}
    assert {"virus-found", "virus-unavailable", "dnsbl-listed", "dmarc-reject", "author-look-alike"} <= held
    # There is no content yet, or no more than a part of it.
    assert not held & {"size-declared", "size-exceeded"}
    # Only the client's own next try tells anything.
    assert not held & {"greylist-first", "greylist-early"}
    # Time mends it, not a person.
    assert not held & {"spf-temperror", "dmarc-temperror", "dnsbl-unavailable", "reputation-unavailable"}
    # It speaks in favour.
    assert not held & {"known-correspondent", "dnswl-listed", "to-postmaster", "sender-allowed"}
