from __future__ import annotations

import pytest

from gatepost.gateway.errand import FIRST_DELAY, LONGEST_DELAY, LOOK, Errand


class Now:
    """A clock to be set, and an occasion that is due when told so."""

    def __init__(self) -> None:
        self.time = 1000.0
        self.wanted = True
        self.looks = 0
        self.dones = 0

    def __call__(self) -> float:
        return self.time

    def due(self) -> bool:
        self.looks += 1
        return self.wanted

    def done(self) -> None:
        self.dones += 1


@pytest.fixture
def now() -> Now:
    return Now()


@pytest.fixture
def errand(now: Now) -> Errand:
    return Errand("an errand", lambda: True, now, now)


def test_it_is_asked_for_every_few_seconds_and_not_while_it_runs(errand: Errand, now: Now) -> None:
    now.wanted = False
    assert not errand.due()
    assert not errand.due()
    assert (now.looks, errand.wait()) == (1, LOOK)
    now.time += LOOK
    now.wanted = True
    assert errand.due()
    errand.pid = 4711
    now.time += LOOK
    assert not errand.due()
    assert errand.wait() > 60


def test_when_it_is_done_its_occasion_hears_so(errand: Errand, now: Now) -> None:
    errand.pid = 4711
    errand.ended(0)
    assert (errand.pid, now.dones) == (0, 1)
    assert errand.due()


def test_when_it_failed_or_was_killed_it_is_tried_again_later_and_later(errand: Errand, now: Now) -> None:
    waits = []
    for status in (75, -9, 75, 1, 75, 75, 75, 75):
        errand.ended(status)
        assert not errand.due()
        waits.append(errand.wait())
        now.time += errand.wait()
        assert errand.due()
    assert waits[:3] == [FIRST_DELAY, 2 * FIRST_DELAY, 4 * FIRST_DELAY]
    assert waits[-1] == LONGEST_DELAY
    assert now.dones == 0
    errand.ended(0)
    errand.ended(75)
    assert errand.wait() == FIRST_DELAY
