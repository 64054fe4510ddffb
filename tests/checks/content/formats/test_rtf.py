"""RTF: objects, templates and fields, however the groups are mangled."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gatepost.checks.content.formats.format import Trait
from tests.checks.content.formats.looking import links, looked, traits, words

OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(600)
OLE1 = b"\x01\x05\x00\x00\x02\x00\x00\x00\x0b\x00\x00\x00Equation.3\x00" + bytes(12) + OLE


def rtf(*groups: bytes) -> bytes:
    return (
        rb"{\rtf1\ansi{\fonttbl{\f0 Arial;}}Hello \b big\b0  world\par Gr\'fc\'dfe " + b"".join(groups) + b"}"
    )


def held(digits: bytes) -> bytes:
    return rb"{\object\objemb\objupdate{\*\objclass Equation.3}{\*\objdata " + digits + b"}}"


def test_text_is_read_without_its_controls() -> None:
    [item] = looked(rtf())
    assert item.text.split() == ["Hello", "big", "world", "Grüße"]
    assert not item.seen


@pytest.mark.parametrize(
    "digits",
    [
        OLE1.hex().encode(),
        OLE1.hex(" ").encode(),
        OLE1.hex("\n").upper().encode(),
        OLE1.hex()[:9].encode()
        + rb"\bin0 \'41{\*\x}".replace(b"}", b"").replace(b"{", b"")
        + OLE1.hex()[9:].encode(),
    ],
    ids=["plain", "spaced", "lines", "control words between"],
)
def test_an_object_is_opened_however_its_digits_stand(digits: bytes) -> None:
    items = looked(rtf(held(digits)), "a.rtf")
    assert "holds Equation.3, and opens it by itself" in words(items, Trait.EMBEDDED_OBJECT)
    assert "ole" in [item.kind for item in items]


def test_a_template_from_elsewhere_is_told() -> None:
    items = looked(rtf(rb"{\*\template https://x.test/t.dotm}"))
    assert "https://x.test/t.dotm" in words(items, Trait.REMOTE_TEMPLATE)
    assert links(items) == ["https://x.test/t.dotm"]
    assert not traits(looked(rtf(rb"{\*\template C:\\Normal.dotm}")))


def test_fields_that_act_or_lead_somewhere_are_told() -> None:
    items = looked(
        rtf(
            rb'{\field{\*\fldinst { DDEAUTO c:\\windows\\cmd.exe "/k calc" }}}',
            rb'{\field{\*\fldinst HYPERLINK "https://x.test/h" }{\fldrslt here}}',
        )
    )
    assert "DDEAUTO" in words(items, Trait.DDE)
    assert links(items) == ["https://x.test/h"]


@given(
    st.lists(
        st.sampled_from([rb"{\objdata ", b"41", b"}", rb"\bin", rb"{\*\template ", b"http://x", rb"\'4"]),
        max_size=30,
    )
)
def test_groups_that_never_end_or_end_too_often_are_read(groups: list[bytes]) -> None:
    assert Trait.DAMAGED not in traits(looked(b"{\\rtf1" + b"".join(groups)))
