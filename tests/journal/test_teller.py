"""The stories as a person reads them, each in tests/journal/stories.

`REWRITE_STORIES=1 pytest tests/journal/test_teller.py` writes the files anew; read the difference.
"""

from __future__ import annotations

import os
from datetime import timedelta, timezone
from pathlib import Path

import pytest

from gatepost.journal.render import story, summary
from gatepost.journal.teller import Teller
from tests.journal.tales import TALES, explained, told

STORIES = Path(__file__).parent / "stories"
ZONE = timezone(timedelta(hours=1))


@pytest.mark.parametrize("name", TALES)
def test_a_story_reads_as_it_is_kept(name: str) -> None:
    lines = story(told(name), zone=ZONE, explain=explained)
    text = "\n".join([*lines, "", summary(told(name), zone=ZONE, width=200), ""])
    kept = STORIES / f"{name}.txt"
    if os.environ.get("REWRITE_STORIES"):
        kept.write_text(text, encoding="utf-8")
    assert text == kept.read_text(encoding="utf-8")


def test_no_story_is_kept_that_nothing_tells() -> None:
    assert {path.stem for path in STORIES.iterdir()} == set(TALES)


def test_a_normal_delivery_takes_at_most_ten_lines() -> None:
    assert len(list(Teller(told("delivered"), ZONE, explained).lines())) <= 10


def test_every_reply_that_is_no_success_is_explained_with_whose_move_it_is_and_what_to_do() -> None:
    for name in ("virus", "deferred-then-delivered", "refused-before-mail", "bounced"):
        labels = [line.label for line in Teller(told(name), ZONE, explained).lines()]
        at = labels.index("means")
        assert labels[at : at + 3] == ["means", "move", "do"]
