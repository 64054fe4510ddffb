"""What libarchive opens comes out with its names, is counted, and says what it hides."""

from __future__ import annotations

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from gatepost.checks.content.formats import libarchive
from gatepost.checks.content.formats.format import ExhaustedError, Member, Seen, Trait
from tests.checks.content.formats.archive_samples import (
    PE,
    TEXT,
    budget,
    by_libarchive,
    by_zipfile,
    cabinet,
    lha,
    rar4,
    rar5,
)

FILES = (("a/letter.txt", TEXT), ("a/b/run.exe", PE))
SAMPLES = {
    "7zip": by_libarchive("7zip", *FILES),
    "cpio": by_libarchive("cpio_newc", *FILES),
    "xar": by_libarchive("xar", *FILES),
    "rar": rar4(*FILES),
    "rar5": rar5(*FILES),
    "cab": cabinet(*FILES),
}


def members(octets: bytes, kind: str) -> list[tuple[str, bytes]]:
    return [(s.name, s.octets) for s in libarchive.read(octets, budget(), kind) if isinstance(s, Member)]


@pytest.mark.parametrize("kind", SAMPLES)
def test_each_format_gives_its_files_in_their_order(kind: str) -> None:
    assert members(SAMPLES[kind], kind) == list(FILES)


def test_names_in_other_letters_come_out_whatever_the_locale() -> None:
    name = "Счёт/фактура.exe"
    assert members(by_libarchive("7zip", (name, PE)), "7zip") == [(name, PE)]
    assert members(rar5((name, PE)), "rar5") == [(name, PE)]


def test_a_file_that_is_cut_off_gives_what_there_is_and_is_damaged() -> None:
    octets = cabinet(("a.txt", TEXT * 100), ("b.txt", TEXT * 100))
    sights = list(libarchive.read(octets[: len(octets) // 2], budget(), "cab"))
    assert any(isinstance(sight, Member) and sight.octets for sight in sights)
    assert any(isinstance(sight, Seen) and sight.trait is Trait.DAMAGED for sight in sights)


def test_few_octets_are_damaged_and_not_even_tried() -> None:
    assert list(libarchive.read(b"\x1f\x9d\x90", budget(), "raw", "compress")) == [
        Seen(Trait.DAMAGED, "it is cut off")
    ]


def test_more_than_the_budget_ends_it_while_it_unpacks() -> None:
    octets = by_libarchive("7zip", ("a", bytes(5_000_000)))
    spent = budget(1_000_000, 5_000_000)
    with pytest.raises(ExhaustedError):
        list(libarchive.read(octets, spent, "7zip"))
    assert -65536 <= spent.octets < 0


def test_too_many_files_end_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(libarchive, "_MAX_HEADERS", 1)
    with pytest.raises(ExhaustedError, match="more than 1 files and folders"):
        list(libarchive.read(SAMPLES["cpio"], budget(), "cpio"))


def test_without_the_library_files_are_unseen_and_say_what_to_install(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(libarchive, "ffi", None)
    words = "cannot be opened here: libarchive is missing; install libarchive13"
    assert list(libarchive.read(SAMPLES["7zip"], budget(), "7zip")) == [Seen(Trait.UNSEEN, words)]
    assert list(libarchive.unlocked(by_zipfile(("a", b"")), ("x",))) == []


def test_pieces_with_trouble_give_what_there_is() -> None:
    def pieces():  # type: ignore[no-untyped-def]
        yield b"good"
        raise ValueError("bad")

    trouble: list[str] = []
    assert list(libarchive.salvaged(pieces(), trouble)) == [b"good"]
    assert trouble == ["bad"]


SAMPLES_DAMAGED = SAMPLES | {"lha": lha("run.exe", PE), "ar": by_libarchive("ar_svr4", ("run.exe", PE))}


@settings(suppress_health_check=[HealthCheck.too_slow])
@given(
    st.sampled_from(sorted(SAMPLES_DAMAGED)),
    st.integers(0, 1400),
    st.binary(max_size=6),
    st.binary(max_size=300),
)
def test_any_octets_and_any_damage_end_within_the_budget(
    kind: str, at: int, patch: bytes, other: bytes
) -> None:
    sample = SAMPLES_DAMAGED[kind]
    for octets in (other, sample[:at] + patch + sample[at + len(patch) :], sample[:at]):
        try:
            sights = list(libarchive.read(octets, budget(1 << 20, 1 << 18), kind))
        except Exception:  # noqa: BLE001 - whatever it is, the walk takes it
            continue
        assert sum(len(sight.octets) for sight in sights if isinstance(sight, Member)) <= 1 << 20
