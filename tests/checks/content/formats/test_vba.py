"""Macros: unpacked, named, and told by what they do."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from gatepost.checks.content.formats.format import Link, Seen, Trait
from gatepost.checks.content.formats.vba import judged, sources_in, unpacked
from tests.checks.content.formats.compound import macro, packed

# MS-OVBA 3.2.3, the example of text that is compressed well.
WELL_COMPRESSED = bytes.fromhex("01 03 b0 02 61 45 00")


def test_the_example_of_the_specification_is_unpacked() -> None:
    assert unpacked(WELL_COMPRESSED, 0, 1000) == b"a" * 73


@given(st.binary(max_size=10_000))
def test_what_is_packed_is_unpacked(source: bytes) -> None:
    assert unpacked(packed(source), 0, 1 << 20) == source


@given(st.binary(max_size=300))
def test_any_octets_unpack_to_something_bounded(octets: bytes) -> None:
    assert len(unpacked(b"\x01" + octets, 0, 5000)) <= 5000 + 4096 + 65_538


def test_a_module_is_found_in_its_stream_and_named() -> None:
    [source] = sources_in(macro('Sub AutoOpen()\r\n Shell "cmd /c x"\r\nEnd Sub'))
    seen = [each for each in judged(source) if isinstance(each, Seen)]
    assert Seen(Trait.MACRO_RUNS, "AutoOpen in the module ThisDocument, which uses cmd /c, shell") in seen


def test_a_module_that_runs_only_when_asked_is_a_macro_and_no_more() -> None:
    seen = list(judged('Attribute VB_Name = "M"\r\nSub Add()\r\n a = 1\r\nEnd Sub'))
    assert [each.trait for each in seen if isinstance(each, Seen)] == [Trait.MACRO]


def test_an_empty_module_is_none() -> None:
    assert not list(judged('Attribute VB_Name = "ThisDocument"\r\nAttribute VB_Base = "x"\r\n'))


def test_addresses_in_a_macro_are_links() -> None:
    assert Link("https://x.test/p") in judged('Attribute VB_Name = "M"\r\nu = "https://x.test/p"')
