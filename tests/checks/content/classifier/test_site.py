"""Votes and model together: what is learned, taken back, moved and returned to."""

from __future__ import annotations

import tempfile
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gatepost.checks.content.classifier.file import CURRENT, resume
from gatepost.checks.content.classifier.site import Site, Taught, lesson
from tests.checks.content.classifier.letters import letter

LESSONS = {spam: [lesson(letter(spam, number)) for number in range(4)] for spam in (True, False)}


@pytest.fixture
def site(tmp_path: Path) -> Site:
    return Site(tmp_path / "classifier", lambda: 1.0)


def weights(site: Site) -> list[bytes]:
    learner = resume(site._folder, site.versions()[0].number)
    return [table.tobytes() for table in (*learner.tables, *learner.doubts)]


def test_a_message_counts_once(site: Site) -> None:
    first = LESSONS[True][0]
    assert site.teach([first, first], spam=True) == Taught(new=1, known=1)
    before = weights(site)
    assert site.teach([first], spam=True) == Taught(known=1)
    assert weights(site) == before
    assert len(site.versions()) == 1


def test_a_message_is_the_same_with_other_line_ends_and_fields_of_its_keeper() -> None:
    octets = letter(True, 0)
    kept = b"Delivered-To: b@ours.test\nX-Spam-Flag: YES\n" + octets.replace(b"\r\n", b"\n")
    assert lesson(kept) == lesson(octets)


def test_what_our_checks_found_is_learned_from_the_field_they_wrote() -> None:
    octets = letter(True, 0)
    marked = lesson(b"Authentication-Results: ours.test; spf=fail smtp.mailfrom=x\r\n" + octets)
    assert marked.fingerprint == lesson(octets).fingerprint
    assert marked.features != lesson(octets).features


def test_taking_the_last_vote_back_gives_the_model_before_it(site: Site) -> None:
    site.teach(LESSONS[True], spam=True)
    before = weights(site)
    site.teach(LESSONS[False][:1], spam=False)
    assert weights(site) != before
    assert site.withdraw(LESSONS[False][:2], spam=False) == Taught(known=1, withdrawn=1)
    assert weights(site) == before


def test_a_vote_of_the_other_kind_is_not_taken_back(site: Site) -> None:
    site.teach(LESSONS[True], spam=True)
    assert site.withdraw(LESSONS[True], spam=False) == Taught(known=4)
    assert len(site.standing()) == 4


def test_a_message_that_moves_is_as_if_it_had_never_been_the_other_kind(site: Site, tmp_path: Path) -> None:
    site.teach(LESSONS[True], spam=True)
    assert site.teach(LESSONS[True][1:2], spam=False) == Taught(moved=1)
    other = Site(tmp_path / "other", lambda: 1.0)
    other.teach([LESSONS[True][0], *LESSONS[True][2:]], spam=True)
    other.teach(LESSONS[True][1:2], spam=False)
    assert weights(site) == weights(other)


def test_rolling_back_returns_to_a_version_and_its_votes(site: Site) -> None:
    site.teach(LESSONS[True], spam=True)
    before = weights(site)
    site.teach(LESSONS[False], spam=False)
    made = site.roll_back(1)
    assert made is not None
    assert (made.number, made.spam, made.ham) == (3, 4, 0)
    assert weights(site) == before
    site.teach(LESSONS[False], spam=False)
    assert (site.versions()[0].spam, site.versions()[0].ham) == (4, 4)
    assert site.roll_back(99) is None


def test_a_lost_model_is_made_again_from_the_votes(site: Site) -> None:
    site.teach(LESSONS[True], spam=True)
    site.teach(LESSONS[False], spam=False)
    before = weights(site)
    for path in site._folder.glob(f"{CURRENT}*"):
        path.unlink()
    site.teach([], spam=True)
    assert weights(site) == before


def test_learning_tells_how_far_it_is(site: Site) -> None:
    told: list[tuple[int, int]] = []
    site.teach(LESSONS[True][:3], spam=True, told=lambda done, of: told.append((done, of)))
    assert told == [(1, 3), (2, 3), (3, 3)]


ACTS = st.lists(
    st.tuples(st.sampled_from(["teach", "withdraw"]), st.booleans(), st.booleans(), st.integers(0, 2)),
    max_size=8,
)


@settings(max_examples=15, deadline=None)
@given(ACTS)
def test_whatever_was_done_the_model_is_what_the_standing_votes_give(
    acts: list[tuple[str, bool, bool, int]],
) -> None:
    with tempfile.TemporaryDirectory() as folder:
        site = Site(Path(folder) / "a", lambda: 1.0)
        for act, kind, spam, number in acts:
            getattr(site, act)([LESSONS[kind][number]], spam=spam)
        again = Site(Path(folder) / "b", lambda: 1.0)
        by_fingerprint = {each.fingerprint: each for kind in (True, False) for each in LESSONS[kind]}
        for vote in site.standing():
            again.teach([by_fingerprint[vote.fingerprint]], spam=vote.spam)
        assert [vote.spam for vote in again.standing()] == [vote.spam for vote in site.standing()]
        if site.standing():
            assert weights(site) == weights(again)
