"""The files of a UDF image come out with their names, each once, and within its octets."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gatepost.checks.content.formats import udf
from gatepost.checks.content.formats.format import ExhaustedError
from tests.checks.content.formats import archive_samples
from tests.checks.content.formats.archive_samples import PE, TEXT, budget, found, traits, walked

FILES = (("письмо.txt", TEXT * 5), ("run.exe", PE))
SAMPLE = archive_samples.udf(*FILES)
PARTITION = 257 * 2048


def test_files_come_out_with_their_names() -> None:
    assert walked(SAMPLE)[0].kind == "udf"
    assert (found(SAMPLE), traits(SAMPLE)) == ({"письмо.txt": "text", "run.exe": "pe"}, [])
    assert [member.octets for member in udf.read(SAMPLE, budget())] == [content for _, content in FILES]


def test_a_folder_in_itself_is_gone_into_once() -> None:
    listing = SAMPLE.index("run.exe".encode("utf-16-be")) - 39
    looped = SAMPLE[: listing + 24] + (1).to_bytes(4, "little") + SAMPLE[listing + 28 :]
    assert [member.name for member in udf.read(looped, budget())] == ["письмо.txt"]


def test_where_the_volume_cannot_be_read_sectors_are_searched() -> None:
    broken = SAMPLE[: 256 * 2048] + bytes(2048) + SAMPLE[PARTITION:]
    assert list(found(broken).values()) == ["pe"]
    assert [trait for trait, _ in traits(broken)] == ["unseen"]


def test_too_many_files_end_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(udf, "_MAX_ENTRIES", 1)
    with pytest.raises(ExhaustedError):
        list(udf.read(SAMPLE, budget()))


@given(
    st.integers(PARTITION, len(SAMPLE)) | st.integers(32 * 2048, 35 * 2048), st.binary(min_size=1, max_size=8)
)
def test_any_damage_ends_within_the_budget(at: int, patch: bytes) -> None:
    damaged = SAMPLE[:at] + patch + SAMPLE[at + len(patch) :]
    try:
        members = list(udf.read(damaged, budget(1 << 20, 1 << 18)))
    except Exception:  # noqa: BLE001 - whatever it is, the walk takes it
        return
    assert sum(len(member.octets) for member in members) <= 1 << 20
