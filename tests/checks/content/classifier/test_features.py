"""What counts of a message for the classifier, and that hostile ones count within bounds."""

from __future__ import annotations

from zlib import crc32

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gatepost.checks.content.classifier.features import (
    MAX_WORDS,
    OCTETS,
    PLACES,
    Message,
    place,
    read,
    runs,
)
from gatepost.mail.mime import view

LETTER = (
    b"From: Ann <ann@desk.example>\r\nSubject: Wire transfer\r\n\r\nDear Bob, see https://shop.example/x\r\n"
)


def seen(octets: bytes) -> Message:
    return read(view(octets))


def test_words_names_hosts_and_the_order_of_fields_are_features() -> None:
    message = seen(LETTER)
    assert {
        "from:ann@desk.example",
        "from@desk.example",
        "subject:wire",
        "subject:wire transfer",
        "field:from",
        "fields:from>subject",
    } <= message.header
    assert {"dear", "bob", "link:shop.example", "part:text/plain", "parts:1"} <= message.body


@pytest.mark.parametrize(
    "field",
    [
        b"Delivered-To: bob@ours.test",
        b"Return-Path: <ann@desk.example>",
        b"X-Spam-Status: Yes, score=9",
        b"X-Rspamd-Score: 9",
        b"Status: RO",
        b"Authentication-Results: ours.test; spf=fail",
        b"X-GatePost-Marks: spam-likely",
    ],
)
def test_what_is_written_after_the_judgement_is_no_feature(field: bytes) -> None:
    assert seen(field + b"\r\n" + LETTER) == seen(LETTER)


def test_a_date_tells_its_zone_alone() -> None:
    first, second = (
        seen(b"Date: %s +0200\r\n%s" % (date, LETTER))
        for date in (b"Mon, 1 Jul 2002 01:02:03", b"Tue, 3 Jun 2025 11:12:13")
    )
    assert first == second
    assert "zone:+0200" in first.header


def test_hops_of_our_own_machine_are_no_features() -> None:
    local = b"Received: from localhost (localhost [127.0.0.1]) by mx.ours.test; Mon, 1 Jul 2002 01:02:03 +0200\r\n"
    assert seen(local + LETTER) == seen(LETTER)
    other = b"Received: from relay.far.example (relay.far.example [192.0.2.7]) by mx.ours.test; Mon, 1 Jul 2002\r\n"
    assert {"received:relay.far.example", "received:192.0.2.7"} <= seen(other + LETTER).header


def test_line_ends_make_no_difference() -> None:
    assert seen(LETTER.replace(b"\r\n", b"\n")) == seen(LETTER)


def test_html_gives_tags_attributes_hosts_and_the_words_that_are_shown() -> None:
    page = b"Content-Type: text/html\r\n\r\n<p>Cl\xc2\xadick</p><!-- hidden --><a href=http://bad.example/>here</a>"
    body = seen(page).body
    assert {"click", "here", "<p", "<a", "link:bad.example", "href=http://bad.example/"} <= body
    assert "hidden" not in body


def test_a_sentence_without_spaces_is_cut_into_pairs_of_letters() -> None:
    body = seen("Content-Type: text/plain; charset=utf-8\r\n\r\n免费发票请联系".encode()).body
    assert {"免费", "费发"} <= body


def test_what_other_checks_found_is_a_feature() -> None:
    assert "found:spf=fail" in read(view(LETTER), ["spf=fail"]).header


def test_runs_stand_in_the_order_of_the_octets() -> None:
    assert runs(b"abcdefgh")[4] == runs(b"efgh")[0]
    assert runs(b"abc") == []
    assert len(runs(b"abcdefg")) == 4


def test_places_are_the_same_in_each_process() -> None:
    assert place("subject:wire") == crc32(b"subject:wire") % PLACES


@given(st.binary(max_size=3000))
def test_any_octets_give_places_within_the_tables(octets: bytes) -> None:
    features = seen(octets).features()
    for places in (features.header, features.body, features.octets):
        assert all(0 <= place < PLACES for place in places)
        assert len(set(places)) == len(places)


HOSTILE = {
    "words": b"\r\n\r\n" + b" ".join(b"w%d" % number for number in range(100_000)),
    "fields": b"".join(b"X-%d: a b c d e f g h i j k l m n o p q\r\n" % number for number in range(4000))
    + b"\r\n",
    "tags": b"Content-Type: text/html\r\n\r\n" + b"<" * 200_000,
    "comments": b"Content-Type: text/html\r\n\r\n" + b"<!--" * 50_000,
    "attributes": b"Content-Type: text/html\r\n\r\n" + b"a" * 200_000,
    "links": b"\r\n\r\n" + b"mailto:" * 40_000,
    "parts": b"Content-Type: multipart/mixed; boundary=x\r\n\r\n" + b"--x\r\n\r\nword\r\n" * 20_000,
    "letters": b"Content-Type: text/plain; charset=utf-8\r\n\r\n" + "字".encode() * 80_000,
    "subject": b"Subject: " + b"=?utf-8?q?a?= " * 10_000 + b"\r\n\r\n",
}


@pytest.mark.parametrize("name", HOSTILE)
def test_a_hostile_message_has_no_more_features_than_the_bounds_allow(name: str) -> None:
    message = seen(HOSTILE[name])
    assert len(message.header) <= 6000
    assert len(message.body) <= MAX_WORDS + 6000
    assert len(message.begin) <= OCTETS
