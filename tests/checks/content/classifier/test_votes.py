"""The votes in their file: what stands of them, and what a crash leaves."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gatepost.checks.content.classifier.votes import Record, Return, Vote, Votes, Withdrawal, digest


def vote(name: bytes, spam: bool = True) -> Vote:
    return Vote(name, spam, 1.0, b"features")


def file(tmp_path: Path, *records: Record) -> Votes:
    votes = Votes(tmp_path / "votes")
    votes.add(records)
    return votes


def test_votes_stand_in_the_order_in_which_they_were_given_and_after_a_start(tmp_path: Path) -> None:
    votes = file(tmp_path, vote(b"a"), vote(b"b", spam=False))
    assert list(votes.standing()) == [b"a", b"b"]
    assert Votes(tmp_path / "votes").standing() == votes.standing()


def test_a_vote_taken_back_does_not_stand(tmp_path: Path) -> None:
    assert list(file(tmp_path, vote(b"a"), vote(b"b"), Withdrawal(b"a", 2.0)).standing()) == [b"b"]


def test_the_last_word_on_a_message_counts_and_stands_at_the_end(tmp_path: Path) -> None:
    votes = file(tmp_path, vote(b"a"), vote(b"b"), vote(b"a", spam=False))
    assert [(v.fingerprint, v.spam) for v in votes.standing().values()] == [(b"b", True), (b"a", False)]


def test_a_return_undoes_all_after_it_withdrawals_too(tmp_path: Path) -> None:
    votes = file(
        tmp_path, vote(b"a"), vote(b"b"), Withdrawal(b"a", 2.0), vote(b"c"), Return(2, 3.0), vote(b"d")
    )
    assert list(votes.standing()) == [b"a", b"b", b"d"]


def test_a_return_behind_a_return_goes_where_it_says(tmp_path: Path) -> None:
    votes = file(tmp_path, vote(b"a"), vote(b"b"), Return(1, 2.0), vote(b"c"), Return(3, 3.0))
    assert list(votes.standing()) == [b"a"]


@pytest.mark.parametrize("cut", [1, 7, 9, 20])
def test_what_a_crash_left_of_a_record_is_overwritten(tmp_path: Path, cut: int) -> None:
    file(tmp_path, vote(b"a"), vote(b"b"))
    path = tmp_path / "votes"
    path.write_bytes(path.read_bytes()[:-cut])
    votes = Votes(path)
    assert list(votes.standing()) == [b"a"]
    votes.add([vote(b"c")])
    assert list(Votes(path).standing()) == [b"a", b"c"]


@settings(max_examples=50)
@given(octets=st.binary(max_size=300))
def test_any_octets_are_read_as_far_as_they_are_records(
    tmp_path_factory: pytest.TempPathFactory, octets: bytes
) -> None:
    path = tmp_path_factory.mktemp("votes") / "votes"
    path.write_bytes(octets)
    assert Votes(path).records == 0


def test_the_fingerprint_of_votes_tells_their_order_and_kinds() -> None:
    orders = [(b"a", b"b"), (b"b", b"a")]
    found = {
        digest(digest(b"", vote(first)), vote(second, spam))
        for first, second in orders
        for spam in (True, False)
    }
    assert len(found) == 4


def test_a_return_can_be_returned_from(tmp_path: Path) -> None:
    votes = file(tmp_path, vote(b"a"), vote(b"b"), Return(1, 2.0), vote(b"c"), Return(2, 3.0))
    assert list(votes.standing()) == [b"a", b"b"]
