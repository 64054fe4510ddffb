"""Learning from messages one after the other."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gatepost.checks.content.classifier.features import PLACES, Features
from gatepost.checks.content.classifier.learning import Learner, packed, unpacked
from gatepost.checks.content.classifier.site import lesson
from tests.checks.content.classifier.letters import letter

PLACES_OF = st.frozensets(st.integers(0, PLACES - 1), max_size=300).map(lambda places: tuple(sorted(places)))


@given(PLACES_OF, PLACES_OF, PLACES_OF)
def test_features_come_back_from_what_they_are_packed_to(
    header: tuple[int, ...], body: tuple[int, ...], octets: tuple[int, ...]
) -> None:
    features = Features(header, body, octets)
    assert unpacked(packed(features)) == features


@given(st.binary(max_size=200))
def test_what_is_no_packed_features_is_refused_in_words(octets: bytes) -> None:
    with pytest.raises(ValueError, match="no packed features"):
        unpacked(octets)


def test_what_unpacks_to_more_than_any_message_has_is_cut_off_and_refused() -> None:
    import zlib

    with pytest.raises(ValueError, match="no packed features"):
        unpacked(zlib.compress(bytes(1 << 24)))


def test_it_learns_to_tell_two_kinds_of_letters_apart() -> None:
    learner = Learner()
    for number in range(40):
        for spam in (True, False):
            learner.learn(lesson(letter(spam, number)).features, spam)
    for number in range(100, 140):
        for spam in (True, False):
            score = learner.model.log_odds(unpacked(lesson(letter(spam, number)).features))
            assert (score > 0) == spam
    assert (learner.model.spam, learner.model.ham) == (40, 40)


def test_the_same_votes_in_the_same_order_give_the_same_weights_to_the_last_bit() -> None:
    votes = [(lesson(letter(spam, number)).features, spam) for number in range(6) for spam in (True, False)]
    first, second = Learner(), Learner()
    for learner in (first, second):
        for features, spam in votes:
            learner.learn(features, spam)
    assert [table.tobytes() for table in first.tables] == [table.tobytes() for table in second.tables]
    assert [table.tobytes() for table in first.doubts] == [table.tobytes() for table in second.doubts]


def test_a_flood_of_spam_leaves_ordinary_letters_on_their_side() -> None:
    learner = Learner()
    for number in range(10):
        learner.learn(lesson(letter(False, number)).features, False)
    for number in range(150):
        learner.learn(lesson(letter(True, number)).features, True)
    for number in range(200, 220):
        assert learner.model.log_odds(unpacked(lesson(letter(False, number)).features)) < 0
