"""The secret of an installation is drawn once, by whoever comes first, and nobody else may read it."""

from __future__ import annotations

from concurrent.futures import ProcessPoolExecutor
from pathlib import Path

import pytest

from gatepost.gateway.memory.secret import FILE, LENGTH, secret


def test_it_is_drawn_once_also_by_many_at_a_time(tmp_path: Path) -> None:
    with ProcessPoolExecutor(4) as pool:
        drawn = set(pool.map(secret, [tmp_path] * 16))
    assert drawn == {secret(tmp_path)}
    assert len(drawn.pop()) == LENGTH
    assert [path.name for path in tmp_path.iterdir()] == [FILE]
    assert (tmp_path / FILE).stat().st_mode & 0o077 == 0


def test_two_installations_have_two(tmp_path: Path) -> None:
    (tmp_path / "other").mkdir()
    assert secret(tmp_path) != secret(tmp_path / "other")


def test_one_that_was_cut_short_is_drawn_anew(tmp_path: Path) -> None:
    (tmp_path / FILE).write_bytes(b"short")
    assert len(secret(tmp_path)) == LENGTH


def test_a_folder_that_is_not_there_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(OSError):
        secret(tmp_path / "none")
