from __future__ import annotations

import pytest

from gatepost.checks.identity.forgery import cues
from gatepost.mail.fields import split
from gatepost.mailauth.dmarc.author import read_author


def found(header: str, *, proven: bool = False) -> list[str]:
    parsed = split(header.replace("\n", "\r\n").encode() + b"\r\n\r\n")
    findings = cues(
        parsed,
        read_author(parsed),
        proven=proven,
        ours=lambda domain: domain == "ours.example",
        resembles=lambda domain: "it looks like ours.example" if domain == "0urs.example" else "",
    )
    return [finding.what for finding in findings]


def test_an_ordinary_author_shows_no_cue() -> None:
    assert found("From: Ann <ann@good.example>\nReply-To: help@desk.good.example") == []


def test_our_own_domain_from_outside_needs_proof() -> None:
    assert found("From: boss@ours.example") == ["author-own-domain"]
    assert found("From: boss@ours.example", proven=True) == []


@pytest.mark.parametrize("name", ['"boss@ours.example"', '"Boss <boss@ours.example>"', "boss@ours.example"])
def test_a_name_that_shows_another_address_is_a_cue(name: str) -> None:
    assert "author-name-forged" in found(f"From: {name} <x@evil.example>") or found(
        f"From: {name} <x@evil.example>"
    ) == ["author-unclear"]


def test_a_name_that_shows_the_same_domain_is_none() -> None:
    assert found('From: "ann@good.example" <ann@good.example>') == []


def test_a_look_alike_is_a_cue() -> None:
    assert found("From: boss@0urs.example") == ["author-look-alike"]


def test_answers_that_go_elsewhere_are_a_cue_but_not_on_lists() -> None:
    assert found("From: a@good.example\nReply-To: b@evil.example") == ["reply-elsewhere"]
    assert found("From: a@good.example\nReply-To: l@list.example\nList-Id: <l.list.example>") == []


@pytest.mark.parametrize("header", ["Subject: none", "From: a@x.example\nFrom: b@y.example", "From: nobody"])
def test_no_single_author_is_a_cue(header: str) -> None:
    assert found(header) == ["author-unclear"]
