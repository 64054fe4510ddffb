from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from gatepost.mail.fields import MAX_HEADER, Field, disowned, split

MESSAGE = b"From: a@b.test\r\nSubject: one\r\n two\r\n\tthree\r\nX-Odd : yes\r\n\r\nBody: not a field\r\n"


def test_fields_keep_their_octets_and_folds() -> None:
    header = split(MESSAGE)
    assert [field.name for field in header.fields] == ["from", "subject", "x-odd"]
    assert header.fields[1] == Field("subject", b"Subject: one\r\n two\r\n\tthree\r\n")
    assert header.fields[1].value == b" one\r\n two\r\n\tthree"
    assert MESSAGE[header.body :] == b"Body: not a field\r\n"


def test_fields_of_one_name_come_from_the_top() -> None:
    header = split(b"A: 1\r\nB: 2\r\na: 3\r\n\r\n")
    assert [field.value for field in header.named("a")] == [b" 1", b" 3"]


def test_a_line_that_is_no_field_is_a_field_without_a_name() -> None:
    header = split(b"From me\r\n\xff: x\r\n: y\r\nTo: z\r\n\r\n")
    assert [field.name for field in header.fields] == ["", "", "", "to"]


def test_a_content_may_be_all_header_or_all_body() -> None:
    assert split(b"A: 1") == split(b"A: 1")
    assert (split(b"A: 1").fields, split(b"A: 1").body) == ((Field("a", b"A: 1"),), 4)
    assert (split(b"\r\nhello").fields, split(b"\r\nhello").body) == ((), 2)
    assert split(b"").fields == ()


def test_an_endless_header_is_cut_and_says_so() -> None:
    header = split(b"A: " + b"x" * MAX_HEADER)
    assert not header.whole
    assert sum(len(field.raw) for field in header.fields) == MAX_HEADER


@given(
    st.lists(st.sampled_from([b"\r\n", b"A", b":", b" ", b"\t", b"\r", b"\n", b"\xff"]), max_size=40).map(
        b"".join
    )
)
def test_no_octet_is_lost(content: bytes) -> None:
    header = split(content)
    octets = b"".join(field.raw for field in header.fields)
    assert content.startswith(octets)
    assert content[len(octets) : header.body] in (b"", b"\r\n")
    assert header.whole


def test_a_field_that_is_only_ours_to_write_gets_another_name_and_no_octet_moves() -> None:
    content = b"From: a@b.test\r\nauthentication-Results: gate.test; spf=pass\r\nX-Gatepost-Marks : no\r\n\r\nHi\r\n"
    header = split(content)
    changed = bytearray(content)
    for offset, octets in disowned(header, header.fields[1:]):
        changed[offset : offset + len(octets)] = octets
    assert len(changed) == len(content)
    assert bytes(changed) == (
        b"From: a@b.test\r\nX-Stranger-AuthResults: gate.test; spf=pass\r\nX-Stranger-Marks : no\r\n\r\nHi\r\n"
    )


def test_what_is_not_foreign_keeps_its_name() -> None:
    assert disowned(split(MESSAGE), ()) == ()
