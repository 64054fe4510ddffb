"""A RAR of any version is opened, and says when it is encrypted."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gatepost.checks.content.formats.format import Member
from gatepost.checks.content.formats.rar import read
from tests.checks.content.formats.archive_samples import (
    PE,
    TEXT,
    budget,
    found,
    rar4,
    rar5,
    traits,
    vint,
    walked,
)

FILES = (("letter.txt", TEXT), ("a/run.exe", PE))
both = pytest.mark.parametrize("made", [rar4, rar5])
Made = Callable[..., bytes]


@both
def test_its_files_come_out(made: Made) -> None:
    assert walked(made(*FILES))[0].kind == "rar"
    assert (found(made(*FILES)), traits(made(*FILES))) == ({"letter.txt": "text", "a/run.exe": "pe"}, [])


@both
def test_encrypted_files_are_named_and_judged_by_their_names(made: Made) -> None:
    octets = made(*FILES, locked=True)
    assert traits(octets) == [
        ("encrypted", "the file letter.txt"),
        ("encrypted", "the file a/run.exe"),
        ("program", "a/run.exe, encrypted and named as a program"),
    ]
    assert found(octets) == {}


@both
def test_hidden_names_are_told(made: Made) -> None:
    assert traits(made(*FILES, hidden=True)) == [("encrypted", "the names of its files are hidden too")]


def test_a_header_that_says_nothing_true_ends_the_look_at_headers() -> None:
    whole = rar5(*FILES, locked=True)
    assert list(read(whole[:8] + b"\xff" * 40, budget()))
    assert vint(300) == b"\xac\x02"


SAMPLES = (
    rar4(*FILES),
    rar5(*FILES),
    rar5(*FILES, locked=True),
    rar5(hidden=True),
    rar4(*FILES, hidden=True),
)


@given(st.sampled_from(SAMPLES), st.integers(0, 1400), st.binary(max_size=6))
def test_any_damage_ends_within_the_budget(sample: bytes, at: int, patch: bytes) -> None:
    for octets in (sample[:at] + patch + sample[at + len(patch) :], sample[:8] + patch, sample[:at]):
        try:
            sights = list(read(octets, budget(1 << 20, 1 << 18)))
        except Exception:  # noqa: BLE001 - whatever it is, the walk takes it
            continue
        assert sum(len(sight.octets) for sight in sights if isinstance(sight, Member)) <= 1 << 20
