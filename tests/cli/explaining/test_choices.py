from __future__ import annotations

import click
import pytest

from gatepost.cli.explaining.choices import CauseName, When


@pytest.mark.parametrize("said", ["user_unknown", "User-Unknown", "no such recipient"])
def test_a_cause_is_found_by_name_or_title(said: str) -> None:
    assert CauseName().convert(said, None, None) == "user_unknown"


def test_a_cause_that_is_not_known_is_answered_with_the_nearest() -> None:
    with pytest.raises(click.BadParameter, match="did you mean greylist"):
        CauseName().convert("graylist", None, None)


def test_a_cause_like_no_other_is_answered_with_all() -> None:
    with pytest.raises(click.BadParameter, match=r"known are .*greylist.*user_unknown"):
        CauseName().convert("zzzzzzzzzzzzzzzz", None, None)


def test_a_date_is_its_begin_and_as_an_end_its_end() -> None:
    assert When().convert("2026-11-23", None, None) == "2026-11-23T00:00:00"
    assert When(end=True).convert("2026-11-23", None, None) == "2026-11-24T00:00:00"


def test_what_is_no_time_is_answered_with_what_is() -> None:
    with pytest.raises(click.BadParameter, match="write 2h"):
        When().convert("yesteryear", None, None)
