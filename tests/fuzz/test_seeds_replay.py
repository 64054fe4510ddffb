"""Every kept input of every fuzz target: what once broke a parser, or is tricky, does not break it now."""

from __future__ import annotations

from pathlib import Path

import pytest

from fuzz import run

CASES = [(name, seed) for name in run.targets() for seed in run.seeds(name)]


@pytest.mark.parametrize(("name", "seed"), CASES, ids=[f"{name}-{seed.name}" for name, seed in CASES])
def test_the_target_holds_on_a_kept_input(name: str, seed: Path) -> None:
    run.load(name)(seed.read_bytes())


def test_each_target_has_kept_inputs_and_each_folder_of_them_a_target() -> None:
    assert {name for name in run.targets() if run.seeds(name)} == set(run.targets())
    assert {folder.name for folder in run.SEEDS.iterdir()} == set(run.targets())


def test_each_target_begins_with_its_invariant() -> None:
    assert [name for name in run.targets() if not (run.load(name).__doc__ or "").strip()] == []
