"""What evidence says when its kind says nothing of its own."""

from __future__ import annotations

from gatepost.checks.said import Said


def test_evidence_names_itself_and_tells_nothing_by_itself() -> None:
    assert (Said().words(), Said().facts(), Said().vouches_for()) == ("Said", {}, "")
