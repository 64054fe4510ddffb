"""Links are gathered from everywhere a reader may meet them, each with where it stood, and within bounds."""

from __future__ import annotations

import base64

from gatepost.checks.content.formats.format import Link
from gatepost.checks.content.formats.walk import Item
from gatepost.checks.content.link_sources import MAX_LINKS, MAX_PART, Gathered, gather
from gatepost.checks.facts import Content

PAGE = b"Content-Type: text/html\r\n\r\n"


def gathered(message: bytes, *items: tuple[str, Item]) -> Gathered:
    content = Content(len(message), message)
    content.items.extend(items)
    return gather(content)


def links(message: bytes, *items: tuple[str, Item]) -> list[tuple[str, str, str]]:
    return [(str(link.address), link.where, link.shown) for link in gathered(message, *items).links]


def item(*found: Link, path: tuple[str, ...] = ("invoice.pdf",), text: str = "") -> Item:
    return Item(path, "pdf", 1, "", links=found, text=text)


def test_text_and_subject_have_links() -> None:
    message = b"Subject: See http://a.test\r\n\r\nand http://b.test/x.\r\nand http://b.test/x again\r\n"
    assert links(message) == [("http://a.test/", "the subject", ""), ("http://b.test/x", "the text", "")]


def test_a_page_has_links_with_what_they_show_and_addresses_in_its_text() -> None:
    page = PAGE + (
        b'<base href="https://base.test/a/"><a href="https://a.test/">https://bank.example</a> www.b.test '
        b'<a href="rel">c</a><img src="//img.test/1.png"><form action="http://form.test">'
        b'<span style="display:none">http://hidden.test</span><a href="mailto:x@y.test">m</a>'
    )
    assert links(page) == [
        ("https://base.test/a/", "the text", ""),
        ("https://a.test/", "the text", "https://bank.example"),
        ("https://base.test/rel", "the text", "c"),
        ("https://img.test/1.png", "the text", ""),
        ("http://form.test/", "the text", ""),
        ("https://bank.example/", "the text", ""),
        ("http://www.b.test/", "the text", ""),
        ("http://hidden.test/", "the text", ""),
    ]


def test_what_is_only_loaded_is_told_from_what_a_reader_follows() -> None:
    page = PAGE + (
        b'<a href="http://a.test">x</a><img src="http://i.test"><link href="http://l.test">'
        b'<meta http-equiv=refresh content="0;url=http://r.test"><form action="http://f.test">'
    )
    followed = {link.address.host: link.followed for link in gathered(page).links}
    assert followed == {"a.test": True, "i.test": False, "l.test": False, "r.test": True, "f.test": True}


def test_each_part_and_each_reading_of_it_is_read() -> None:
    both = (
        b"MIME-Version: 1.0\r\nContent-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\n\r\nhttp://a.test\r\n"
    )
    coded = base64.b64encode(b"http://b.test")
    tail = (
        b"--b\r\nContent-Transfer-Encoding: base64\r\nContent-Transfer-Encoding: 7bit\r\n\r\n"
        + coded
        + b"\r\n--b--\r\n"
    )
    assert links(both + tail) == [("http://a.test/", "part 1", ""), ("http://b.test/", "part 2", "")]
    claims = b"Content-Type: text/plain\r\nContent-Type: text/html\r\n\r\n<a href='//c.test'>x</a> http://d.test\r\n"
    assert {address for address, _, _ in links(claims)} >= {"https://c.test/", "http://d.test/"}


def test_files_and_codes_in_pictures_have_links_with_the_way_to_them() -> None:
    message = b"Subject: s\r\n\r\nHello\r\n"
    pdf = item(Link("https://a.test/", "bank.example"), path=("a.zip", "invoice.pdf"), text="or www.b.test")
    picture = item(Link("evil.test/login", "a code in the picture (QRCode)"), path=("code.png",))
    assert links(message, ("2", pdf), ("3", picture)) == [
        ("https://a.test/", "part 2, a.zip › invoice.pdf", "bank.example"),
        ("http://www.b.test/", "part 2, a.zip › invoice.pdf", ""),
        ("http://evil.test/login", "part 3, code.png, a code in the picture (QRCode)", ""),
    ]


def test_a_page_that_an_inspector_looked_into_is_not_read_again() -> None:
    message = (
        b"Content-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\nContent-Type: text/html; name=a.html\r\n\r\n"
        b"http://a.test\r\n--b--\r\n"
    )
    assert links(message) == [("http://a.test/", "part 1", "")]
    assert links(message, ("1", item(path=("a.html",)))) == []


def test_what_a_redirector_would_lead_to_is_a_link_itself() -> None:
    (outer, inner) = gathered(b"\r\nhttps://r.test/?u=https%3A%2F%2Fevil.test\r\n").links
    assert (outer.address.host, outer.through) == ("r.test", "")
    assert (inner.address.host, inner.through, inner.where) == ("evil.test", "r.test", "the text")


def test_no_more_links_are_kept_than_the_bound_and_that_is_said() -> None:
    many = gathered(b"\r\n" + b"".join([b"http://a%d.test\r\n" % number for number in range(MAX_LINKS + 1)]))
    assert len(many.links) == MAX_LINKS
    assert gathered(b"Subject: http://b.test\r\n\r\n" + b"http://a.test\r\n" * 3).cut == ()


def test_what_is_cut_for_its_length_is_said() -> None:
    page = PAGE + b"<p>" + b"x " * MAX_PART + b"<a href='http://late.test'>x</a>"
    seen = gathered(page)
    assert seen.links == ()
    assert seen.cut == (f"of the text only {MAX_PART:,} of {len(page) - len(PAGE):,} characters were read",)
