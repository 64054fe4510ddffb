from __future__ import annotations

from gatepost.mail.bounce.parts import MAX_PARTS, leaves, message, plain, read


def test_a_field_is_unfolded_and_decoded() -> None:
    part = message(b"Subject: =?utf-8?Q?Z=C3=BCrich?=\n and back\nTo: x\n\nbody")
    assert part.field("subject") == "Zürich and back"
    assert part.body == b"body"


def test_the_first_line_that_is_no_field_begins_the_body_where_the_blank_line_is_missing() -> None:
    part = message(b"Subject: x\nthis is no field\nmore")
    assert part.body == b"this is no field\nmore"


def test_an_inner_boundary_may_begin_with_the_outer_one() -> None:
    octets = (
        b"Content-Type: multipart/mixed; boundary=a\n\n--a\nContent-Type: multipart/mixed; boundary=ab\n\n"
        b"--ab\n\none\n--ab\n\ntwo\n--ab--\n--a\n\nthree\n--a--\n"
    )
    assert [part.body for part in leaves(message(octets))] == [b"one", b"two", b"three"]


def test_a_lost_boundary_is_taken_from_the_body() -> None:
    octets = b"Content-Type: multipart/report\n\n--x1\n\none\n--x1\n\ntwo"
    assert [part.body for part in leaves(message(octets))] == [b"one", b"two"]


def test_parts_are_bounded() -> None:
    octets = b"Content-Type: multipart/mixed; boundary=a\n\n" + b"--a\n\nx\n" * (MAX_PARTS * 3)
    assert len(list(leaves(message(octets)))) == MAX_PARTS


def test_an_encoded_body_is_decoded_and_a_broken_one_is_left() -> None:
    assert message(b"Content-Transfer-Encoding: base64\n\naGVs\nbG8\n").text() == "hello"
    assert message(b"Content-Transfer-Encoding: base64\n\nx\n").text() == "x\n"
    assert message(b"Content-Transfer-Encoding: quoted-printable\n\na=\nb=3D\n").text() == "ab=\n"


def test_octets_of_no_known_charset_are_read_as_latin() -> None:
    assert read(b"Empf\xe4nger", "x-none") == "Empfänger"
    assert read("Empfänger".encode(), "iso-8859-1") == "Empfänger"
    assert read("宛先".encode("iso-2022-jp"), "iso-2022-jp") == "宛先"


def test_html_gives_its_lines_and_keeps_addresses() -> None:
    html = "<head><title>no</title></head><p>one<br>two &amp; <b>three</b></p><script>a<b</script><ben@example.net>"
    assert [line for line in plain(html).split("\n") if line] == ["one", "two & three", "<ben@example.net>"]


def test_broken_html_is_read_as_far_as_it_goes() -> None:
    assert plain("one<style>two<style>three") == "onetwothree"
    assert plain("one<br") == "one"
    assert plain("&#" + "9" * 5000).startswith("&#999")
