"""Fields are laid out in folded lines, and a signature fills its gap without moving anything."""

from __future__ import annotations

from base64 import b64encode

from hypothesis import given
from hypothesis import strategies as st

from gatepost.mail.fields import split
from gatepost.mailauth.dkim.header import without_signature
from gatepost.mailauth.dkim.written import WIDTH, draft
from gatepost.mailauth.taglist import parse_tags, without_blanks


def test_the_gap_may_be_at_the_end_or_in_the_middle() -> None:
    last = draft("S", [("a", "1"), ("b", "")])
    assert last.field.raw == b"S: a=1;\r\n b=\r\n"
    assert last.signed(b"hello") == b"S: a=1;\r\n b=aGVsbG8=\r\n"
    middle = draft("S", [("a", "1"), ("b", ""), ("c", "2")])
    assert middle.signed(b"hello") == b"S: a=1;\r\n b=aGVsbG8=;\r\n c=2\r\n"


@given(
    st.lists(
        st.sampled_from(["from", "to", "subject", "content-transfer-encoding"]), min_size=1, max_size=60
    ),
    st.binary(min_size=1, max_size=600),
    st.integers(0, 3),
)
def test_a_field_is_read_as_it_was_meant_and_was_hashed_as_it_is_sent(
    names: list[str], signature: bytes, gap: int
) -> None:
    tags = [("a", "rsa-sha256"), ("h", ":".join(names)), ("d", "mail.test")]
    tags.insert(gap, ("b", ""))
    made = draft("DKIM-Signature", tags)
    sent = made.signed(signature)
    (field,) = split(sent).fields
    assert without_signature(sent.removesuffix(b"\r\n")) + b"\r\n" == made.field.raw
    read = parse_tags(field.value.decode())
    assert isinstance(read, dict)
    assert [(name, without_blanks(value)) for name, value in read.items()] == [
        (name, b64encode(signature).decode() if name == "b" else value) for name, value in tags
    ]
    assert max(map(len, sent.split(b"\r\n"))) <= WIDTH + 1
