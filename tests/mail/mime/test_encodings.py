"""Bodies are decoded as every decoder would, and identical readings are one."""

from __future__ import annotations

from base64 import b64encode, encodebytes

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gatepost.mail.mime import Trick
from gatepost.mail.mime.encodings import base64, decoded, quoted_printable


def test_the_pitfalls_of_padding_within() -> None:
    # Where one decoder stops, a second goes on and a third begins anew.
    assert set(base64(b"QUI=REVG").readings) >= {b"AB", b"ABDEF", b"AB\x0cT\x95"[:2] + b"DEF"}
    assert set(base64(b"QUJDRA==QUJD").readings) >= {b"ABCD", b"ABCDABC"}


@given(st.binary(max_size=300))
def test_clean_base64_has_one_reading(octets: bytes) -> None:
    for encoded in (b64encode(octets), encodebytes(octets), encodebytes(octets).replace(b"\n", b"\r\n")):
        made = base64(encoded)
        assert made.readings == (octets,)
        assert made.doubts == ()


@given(
    st.binary(min_size=1, max_size=300), st.integers(0, 400), st.sampled_from([b"!", b"\xff", b"-", b"\0"])
)
def test_junk_is_skipped_by_one_reading(octets: bytes, at: int, junk: bytes) -> None:
    encoded = b64encode(octets)
    broken = encoded[:at] + junk + encoded[at:]
    made = base64(broken)
    assert octets in made.readings
    assert broken in made.readings  # as a reader shows it that gives up
    assert made.doubts


@pytest.mark.parametrize(
    ("raw", "trick"),
    [
        (b"QUJD!", Trick.BASE64_JUNK),
        (b"QUJD=QUJD", Trick.BASE64_PADDING),
        (b"QUI=\r\n-- \r\nfooter", Trick.BASE64_TRAILING),
        (b"QUJD\r\n\r\n___\r\nfooter", Trick.BASE64_TRAILING),
        (b"QUI", Trick.BASE64_UNPADDED),
    ],
)
def test_what_is_wrong_is_named(raw: bytes, trick: Trick) -> None:
    assert [name for name, _ in base64(raw).doubts] == [trick]


@given(st.binary(max_size=200))
def test_any_octets_are_decoded_without_an_error(raw: bytes) -> None:
    for encoding in ("", "base64", "quoted-printable", "x-uuencode", "nothing"):
        made = decoded(raw, (encoding,))
        assert made.readings
        assert len(set(made.readings)) == len(made.readings)
        assert all(len(reading) <= 3 * len(raw) for reading in made.readings)


def test_of_several_encodings_each_is_tried_and_the_same_merged() -> None:
    assert decoded(b"QUJD", ("7bit", "8bit", "base64")).readings == (b"QUJD", b"ABC")


def test_space_behind_a_soft_line_break_is_read_over() -> None:
    assert quoted_printable(b"ab=\rcd\nef") == b"abcd\nef"
    assert quoted_printable(b"ab=  \r\ncd=3D= ") == b"abcd== "
