import pytest

from gatepost.checks.content.formats.format import Budget, ExhaustedError


def test_a_member_is_put_together_from_its_pieces_and_paid_for():
    budget = Budget(octets=10, member=10, members=2)
    assert budget.gathered(iter([b"abc", b"de"])) == b"abcde"
    assert (budget.octets, budget.members) == (5, 1)


def test_a_bomb_is_stopped_at_the_first_piece_too_many():
    made = 0

    def endless():
        nonlocal made
        while True:
            made += 1
            yield bytes(1000)

    with pytest.raises(ExhaustedError, match="than 3,000 octets"):
        Budget(octets=10_000, member=3_000, members=5).gathered(endless())
    assert made == 4


def test_all_files_of_a_message_share_one_budget():
    budget = Budget(octets=5, member=5, members=9)
    budget.gathered(iter([b"1234"]))
    with pytest.raises(ExhaustedError, match="one message"):
        budget.gathered(iter([b"56"]))


def test_there_is_an_end_to_files_within_files():
    budget = Budget(octets=5, member=5, members=1)
    budget.open()
    with pytest.raises(ExhaustedError, match="files within files"):
        budget.open()
