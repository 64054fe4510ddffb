"""Texts come as a person reads them, from all places where one does, within bounds."""

from __future__ import annotations

import base64

from gatepost.checks.content.formats.walk import Item
from gatepost.checks.content.passages import MAX_ALL, MAX_RAW, MAX_TEXT, passages, raw
from gatepost.checks.facts import Content

EVERYWHERE = ("subject", "body", "hidden", "files", "header x-note")


def texts(message: bytes, *items: Item) -> dict[str, list[str]]:
    content = Content(len(message), message, viewed=[], items=[("1", item) for item in items])
    found: dict[str, list[str]] = {}
    for passage in passages(content, EVERYWHERE):
        found.setdefault(passage.place, []).append(passage.text)
    return found


def test_subject_and_fields_are_decoded_and_in_one_line() -> None:
    found = texts(b"Subject: =?utf-8?q?Gr=C3=BC=C3=9Fe?=\r\n  an alle\r\nX-Note: =?utf-8?b?4pyT?=\r\n\r\n")
    assert found == {"subject": ["Grüße an alle"], "header x-note": ["✓"]}


def test_html_is_text_and_what_it_hides_is_told_apart() -> None:
    html = b'<p>We&shy;lcome&nbsp;<b>h</b>ome<span style="display:none">sneaky</span></p><!-- not seen -->'
    found = texts(b"Content-Type: text/html\r\n\r\n" + html)
    assert found == {"body": ["Welcome home"], "hidden": ["sneaky"]}


def test_both_alternatives_are_read_and_the_same_text_once() -> None:
    message = (
        b"Content-Type: multipart/alternative; boundary=b\r\n\r\n--b\r\n\r\nsame\r\n--b\r\n"
        b"Content-Type: text/html\r\n\r\n<p>other\r\n--b\r\n\r\nsame\r\n--b--\r\n"
    )
    assert sorted(texts(message)["body"]) == ["other", "same"]


def test_text_is_read_in_the_charset_it_claims_and_in_every_other_that_a_reader_could_take() -> None:
    message = (
        b"Content-Type: text/plain; charset=koi8-r\r\nContent-Transfer-Encoding: base64\r\n\r\n"
        + base64.b64encode("приз".encode("koi8-r"))
    )
    assert texts(message)["body"] == ["приз"]


def test_files_come_by_name_and_by_what_the_inspection_read_in_them() -> None:
    message = b'Content-Type: text/plain; name="price.txt"\r\nContent-Disposition: attachment\r\n\r\nsecret words\r\n'
    item = Item(("a.zip", "b.docx"), "ooxml", 1, "", text="text within")
    assert texts(message, item)["files"] == ["price.txt", "secret words\r\n", "text within"]


def test_long_texts_and_many_are_cut() -> None:
    [text] = texts(b"\r\n" + b"a" * 10_000_000)["body"]
    assert len(text) == MAX_TEXT
    [text] = texts(b"Content-Type: text/plain; charset=utf-8\r\n\r\n" + "㌖".encode() * 500_000)["body"]
    assert len(text) == MAX_TEXT
    parts = b"".join([b"--b\r\n\r\n%d" % n + b"a" * 300_000 + b"\r\n" for n in range(8)])
    many = texts(b"Content-Type: multipart/mixed; boundary=b\r\n\r\n" + parts + b"--b--\r\n")["body"]
    assert sum(map(len, many)) <= MAX_ALL
    assert len(raw(Content(3_000_000, b"a" * 3_000_000, viewed=[], items=[]))) == MAX_RAW
