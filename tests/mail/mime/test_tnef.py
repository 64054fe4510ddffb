"""Attachments within a TNEF are found."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from gatepost.mail.mime.tnef import TnefFile, files, is_tnef
from tests.mail.mime.tricks import tnef


def test_an_attachment_has_its_name() -> None:
    assert files(tnef(b"a.exe", b"octets"), 9) == [TnefFile("a.exe", b"octets")]


def test_several_attachments_are_found_up_to_a_bound() -> None:
    both = tnef(b"a.exe", b"one") + tnef(b"b.exe", b"two")[6:]
    assert files(both, 9) == [TnefFile("a.exe", b"one"), TnefFile("b.exe", b"two")]
    assert files(both, 1) == [TnefFile("a.exe", b"one")]


def test_what_is_cut_off_is_read_as_far_as_it_goes() -> None:
    whole = tnef(b"a.exe", b"x" * 100)
    assert files(whole[:-50], 9) == [TnefFile("a.exe", b"x" * 52)]


def test_it_is_known_by_type_name_or_content() -> None:
    assert is_tnef(("application/ms-tnef",), (), b"")
    assert is_tnef(("text/plain",), ("WinMail.dat",), b"")
    assert is_tnef(("text/plain",), (), b"eJ8+IgAA")
    assert not is_tnef(("text/plain",), ("a.dat",), b"hello")


@given(st.binary(max_size=100))
def test_any_octets_are_read(octets: bytes) -> None:
    assert sum(len(file.octets) for file in files(b"\x78\x9f\x3e\x22\0\0" + octets, 9)) <= len(octets)
