from __future__ import annotations

from pathlib import Path

import pytest

from gatepost.spool.embedded.reserve import Reserve


def test_the_reserve_is_real_space_and_missed_when_spent(tmp_path: Path) -> None:
    reserve = Reserve(tmp_path, 1 << 20)
    assert reserve.missing == 1 << 20
    reserve.keep()
    reserve.keep()
    assert reserve.missing == 0
    assert (tmp_path / "reserve").stat().st_blocks * 512 >= 1 << 20
    reserve.spend()
    reserve.spend()
    assert reserve.missing == 1 << 20
    assert list(tmp_path.iterdir()) == []


def test_a_reserve_that_finds_no_room_leaves_nothing(tmp_path: Path) -> None:
    reserve = Reserve(tmp_path, 1 << 60)
    with pytest.raises(OSError, match=r"No space left|too large"):
        reserve.keep()
    assert reserve.missing == 1 << 60
    assert list(tmp_path.iterdir()) == []
