"""A part gives its body in all readings, and says itself."""

from __future__ import annotations

from gatepost.mail.mime import Origin, view

MESSAGE = (
    b"From: a@example.org\r\nContent-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\n"
    b"Content-Type: text/plain; charset=iso-8859-1\r\nContent-Transfer-Encoding: quoted-printable\r\n\r\n"
    b"f=FCr\r\n--b\r\nContent-Disposition: attachment; filename=a.bin\r\n"
    b"Content-Transfer-Encoding: base64\r\n\r\nQUJD\r\n--b--\r\n"
)


def test_a_part_tells_what_its_header_says() -> None:
    root = view(MESSAGE).root
    text, file = root.children
    assert (root.number, root.origin, root.media_type) == ("", Origin.MESSAGE, "multipart/mixed")
    assert root.field("from").strip() == b"a@example.org"
    assert root.field("none") == b""
    assert (text.number, text.charset, text.transfer_encoding) == ("1", "iso-8859-1", "quoted-printable")
    assert (file.number, file.name, file.disposition, file.media_type) == (
        "2",
        "a.bin",
        "attachment",
        "text/plain",
    )


def test_a_part_knows_where_it_lies() -> None:
    text = view(MESSAGE).root.children[0]
    assert text.raw == b"f=FCr"
    assert MESSAGE[text.start : text.body_start].startswith(b"Content-Type: text/plain")
    assert MESSAGE[text.body_start : text.end] == b"f=FCr"


def test_a_body_is_decoded_when_asked_for() -> None:
    text, file = view(MESSAGE).root.children
    assert text.readings() == (b"f\xfcr",)
    assert text.text() == "für"
    assert text.texts() == ("für",)
    assert file.readings() == (b"ABC",)
    assert file.decoded() is file.decoded()
    assert file.ambiguities() == ()


def test_a_part_says_itself() -> None:
    root = view(MESSAGE).root
    assert [str(part) for part in root.walk()] == ["multipart/mixed", "part 1 (text/plain)", "part 2 (a.bin)"]
