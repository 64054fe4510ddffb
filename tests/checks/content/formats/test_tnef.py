"""A winmail.dat gives its attachments under the names that people gave them."""

from __future__ import annotations

import struct

from hypothesis import given
from hypothesis import strategies as st

from gatepost.checks.content.formats.format import Member
from gatepost.checks.content.formats.tnef import read
from tests.checks.content.formats.archive_samples import PE, TEXT, budget, found, tnef, traits, walked

FILES = (("Rechnung für März.txt", TEXT), ("run.exe", PE))
SAMPLE = tnef(*FILES)


def test_attachments_come_out_with_their_long_names() -> None:
    assert walked(SAMPLE)[0].kind == "tnef"
    assert (found(SAMPLE), traits(SAMPLE)) == ({"Rechnung für März.txt": "text", "run.exe": "pe"}, [])


def test_short_names_do_where_there_are_no_others() -> None:
    assert found(tnef(("run.exe", PE), long_names=False)) == {"run.exe": "pe"}


def test_an_embedded_object_is_a_member() -> None:
    inner = bytes(16) + tnef(("run.exe", PE))
    value = struct.pack("<LHHLL", 1, 0x000D, 0x3701, 1, len(inner)) + inner
    octets = tnef() + struct.pack("<BLL", 2, 0x00069002, 14) + bytes(16)
    octets += struct.pack("<BLL", 2, 0x00069005, len(value)) + value + b"\0\0"
    assert list(found(octets)) == ["(no name)", "(no name) › run.exe"]


def test_what_is_cut_off_gives_what_there_is() -> None:
    octets = tnef(("run.exe", PE), long_names=False)[:-20]
    assert (found(octets), traits(octets)) == ({"run.exe": "pe"}, [("damaged", "it is cut off")])


@given(st.integers(0, len(SAMPLE)), st.binary(max_size=8), st.binary(max_size=200))
def test_any_octets_and_any_damage_end_within_their_size(at: int, patch: bytes, other: bytes) -> None:
    for octets in (SAMPLE[:at] + patch + SAMPLE[at + len(patch) :], SAMPLE[:6] + other):
        members = [sight for sight in read(octets, budget()) if isinstance(sight, Member)]
        assert sum(len(member.octets) for member in members) <= len(octets)
