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
    assert bad.choices() == ("reject", "mark", "observe")
    assert good.choices() == ("accept", "mark", "observe")
