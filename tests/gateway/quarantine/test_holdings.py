from __future__ import annotations

import time
from pathlib import Path
from typing import Any

import pytest

from gatepost.gateway.quarantine.holdings import Wanted, content, find, get
from gatepost.spool.embedded import SpoolUnusable
from gatepost.spool.interface import Recipient
from tests.gateway.quarantine.shelf import CONTENT, NOWHERE, fill, held, id_of

FOR_TWO = (
    Recipient("postmaster@ours.test"),
    Recipient("eve@mail.ours.test", held="score: the score 7 reaches 5"),
)


@pytest.fixture
def spool_dir(tmp_path: Path) -> Path:
    """Two shards: one message is held whole, one for one of its recipients, one has nowhere to go."""
    fill(tmp_path / "0", held(1), held(3, Recipient("carl@there.test")))
    fill(tmp_path / "1", held(2, *FOR_TWO))
    return tmp_path


def test_what_policy_holds_is_found_in_all_shards_and_what_delivery_holds_is_counted(spool_dir: Path) -> None:
    found = find(spool_dir, Wanted())
    assert {holding.message.id for holding in found.quarantined} == {id_of(1), id_of(2)}
    assert (found.undeliverable, found.unreadable) == (1, ())


def test_a_holding_says_for_whom_and_why(spool_dir: Path) -> None:
    whole, part, nowhere = (get(spool_dir, id_of(number)) for number in (1, 2, 3))
    assert whole is not None
    assert part is not None
    assert nowhere is not None
    assert (whole.kind, whole.rule, whole.why) == ("policy", "virus-found", "a virus signature matched")
    assert (whole.held_for, whole.also_for) == (("bob@ours.test",), ())
    assert [finding.what for finding in whole.findings] == ["virus-found"]
    assert (part.held_for, part.also_for) == (("eve@mail.ours.test",), ("postmaster@ours.test",))
    assert (part.rule, part.why) == ("score", "the score 7 reaches 5")
    assert (nowhere.kind, nowhere.rule, nowhere.why) == ("delivery", "", NOWHERE)
    assert nowhere.held_for == ("carl@there.test",)
    assert get(spool_dir, id_of(9)) is None


@pytest.mark.parametrize(
    ("wanted", "numbers"),
    [
        ({"to": "ours.test"}, {1}),
        ({"to": "@mail.ours.test"}, {2}),
        ({"to": "BOB@ours.test"}, {1}),
        ({"to": "postmaster@ours.test"}, set()),  # for that one it is not held
        ({"sender": "bad.test"}, {1, 2}),
        ({"sender": "mallory <"}, {1, 2}),
        ({"sender": "good.test"}, set()),
        ({"finding": "virus-found"}, {1, 2}),
        ({"finding": "score"}, {2}),
        ({"finding": "size-clean"}, set()),
        ({"subject": "INVOICE"}, {1, 2}),
        ({"subject": "invoice", "finding": "score"}, {2}),
        ({"since": time.time() + 1000}, set()),
        ({"until": time.time() - 1000}, set()),
        ({"since": time.time() - 1000, "until": time.time() + 1000}, {1, 2}),
    ],
)
def test_all_conditions_that_are_given_hold(
    spool_dir: Path, wanted: dict[str, Any], numbers: set[int]
) -> None:
    found = find(spool_dir, Wanted(**wanted))
    assert {holding.message.id for holding in found.quarantined} == {id_of(number) for number in numbers}


def test_a_content_is_read_with_its_trace_fields_on_top(spool_dir: Path) -> None:
    holding = get(spool_dir, id_of(1))
    assert holding is not None
    assert b"".join(content(holding)) == b"Received: by us\r\n" + CONTENT


def test_a_shard_that_cannot_be_read_is_named_and_hides_no_other(spool_dir: Path) -> None:
    (spool_dir / "2").mkdir()
    (spool_dir / "2/spool.db").write_bytes(b"no database at all" * 500)
    found = find(spool_dir, Wanted())
    assert len(found.quarantined) == 2
    (fault,) = found.unreadable
    assert "2/spool.db" in fault
    assert get(spool_dir, id_of(1)) is not None
    with pytest.raises(SpoolUnusable):
        get(spool_dir, id_of(9))


def test_where_nothing_was_ever_spooled_nothing_is_held(tmp_path: Path) -> None:
    assert find(tmp_path / "never", Wanted()).quarantined == ()
