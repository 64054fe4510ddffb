"""The tree has the parts in their order and by their numbers, and other readings as children of their own."""

from __future__ import annotations

from gatepost.mail.mime import Origin, Part, Trick, view
from tests.mail.mime.tricks import CTE, INNER, TEXT, TRICKS, TYPE, mixed, part, uu


def outline(message: bytes) -> list[tuple[str, str, str]]:
    return [(part.number, part.origin.value, part.media_type) for part in view(message).parts]


def names(message: bytes) -> list[Trick]:
    return [ambiguity.name for ambiguity in view(message).ambiguities]


def test_parts_are_numbered_as_they_come() -> None:
    inner = b"Content-Type: message/rfc822\r\n\r\n" + INNER.replace(b'"b"', b'"c"').replace(b"--b", b"--c")
    assert outline(mixed(TEXT, inner)) == [
        ("", "message", "multipart/mixed"),
        ("1", "part", "text/plain"),
        ("2", "part", "message/rfc822"),
        ("2.1", "message", "multipart/mixed"),
        ("2.1.1", "part", "text/plain"),
        ("2.1.2", "part", "application/octet-stream"),
    ]


def test_what_stands_around_the_parts_is_in_the_tree() -> None:
    message = INNER.replace(b"--b\r\n", b"before\r\n--b\r\n", 1) + b"after"
    assert outline(message) == [
        ("", "message", "multipart/mixed"),
        ("0", "preamble", "text/plain"),
        ("1", "part", "text/plain"),
        ("2", "part", "application/octet-stream"),
        ("3", "epilogue", "text/plain"),
    ]
    assert names(message) == []


def test_the_usual_words_before_the_parts_are_left_out() -> None:
    usual = b"This is a multi-part message in MIME format.\r\n--b\r\n"
    assert len(outline(INNER.replace(b"--b\r\n", usual, 1))) == 3


def test_a_file_within_text_is_a_part() -> None:
    message = mixed(part(b"Content-Type: text/plain", body=uu(b"octets")))
    found = view(message).parts[-1]
    assert (found.number, found.origin, found.name) == ("1.1", Origin.UUENCODED, "a.exe")
    assert found.readings() == (b"octets",)
    assert found.nested


def test_an_alternative_says_by_which_reading_it_is_one() -> None:
    message = mixed(part(TYPE, b"no field", CTE))
    found: list[Part] = [part for part in view(message).parts if part.origin is Origin.ALTERNATIVE]
    assert [(part.number, part.reading) for part in found] == [
        ("1.1", "the header ends at a line that is no field")
    ]


def test_only_what_is_covered_by_its_children_is_opened() -> None:
    opened = {part.number for part in view(INNER).parts if part.opened}
    assert opened == {""}
    guessed, _ = TRICKS["no boundary"]
    assert not view(guessed).root.opened


def test_an_external_body_says_where_it_is() -> None:
    message = (
        b"Content-Type: message/external-body; access-type=URL; url=http://a.example/x\r\n\r\nA: b\r\n\r\n"
    )
    [found] = view(message).ambiguities
    assert found.name is Trick.EXTERNAL_BODY
    assert "http://a.example/x" in found.words


def test_a_report_is_text_and_opened_all_the_same() -> None:
    message = b"Content-Type: message/delivery-status\r\n\r\nReporting-MTA: dns; a\r\n\r\nAction: failed\r\n"
    taken = view(message)
    assert taken.root in taken.leaves
    assert taken.ambiguities == ()
