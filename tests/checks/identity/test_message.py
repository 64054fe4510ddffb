from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Sequence
from pathlib import Path

import pytest

from gatepost.checks.evidence import ArcEvidence, DkimEvidence, DmarcEvidence, SpfEvidence
from gatepost.checks.facts import Content, Facts
from gatepost.checks.finding import Finding, Result, Stage
from gatepost.checks.identity.lists import Entry, ListsCheck, SenderList
from gatepost.checks.identity.message import MessageCheck
from gatepost.mail.fields import split
from gatepost.mailauth import arc, dkim
from gatepost.mailauth.dkim.keypair import PrivateKey, key_record, new_ed25519_key, new_rsa_key
from tests.mailauth.arc.chains import weakly_sealed
from tests.zone import Zone

NOW = 1_795_000_000
KEY = new_ed25519_key()
OLD_KEY = new_rsa_key()
ZONE = Zone(
    {
        "s1._domainkey.good.example": {"TXT": [key_record(KEY)]},
        "s1._domainkey.list.example": {"TXT": [key_record(KEY)]},
        "s1._domainkey.old.example": {"TXT": [key_record(OLD_KEY)]},
        "_dmarc.good.example": {"TXT": ["v=DMARC1; p=reject"]},
        "_dmarc.wary.example": {"TXT": ["v=DMARC1; p=quarantine"]},
        "_dmarc.watching.example": {"TXT": ["v=DMARC1; p=none"]},
        "_dmarc.failing.example": "SERVFAIL from 192.0.2.53",
    }
)
MESSAGE = b"From: Ann <ann@good.example>\r\nTo: b@ours.example\r\nSubject: Hi\r\nDate: x\r\n\r\nHello.\r\n"
SPF = Finding(
    check="spf",
    stage=Stage.MAIL,
    result=Result.CLEAN,
    name="spf-pass",
    evidence=(SpfEvidence("pass", "mailfrom", "192.0.2.7", "good.example", "it matches"),),
)


def signed(message: bytes, domain: str = "good.example") -> bytes:
    header = split(message)
    field = dkim.sign(header, (message[header.body :],), (dkim.Signer(domain, "s1", KEY),), NOW)
    assert isinstance(field, bytes)
    return field + message


def sealed(message: bytes, domain: str = "list.example", dmarc: str = "pass", key: PrivateKey = KEY) -> bytes:
    header = split(message)
    fields = arc.seal(
        header,
        (message[header.body :],),
        arc.Chain(arc.Status.NONE),
        f"{domain}; dmarc={dmarc} header.from=good.example",
        dkim.Signer(domain, "s1", key),
        NOW,
    )
    assert isinstance(fields, bytes)
    return fields + message


def look(
    content: Content | bytes,
    findings: tuple[Finding, ...] = (),
    trusted: Sequence[str] = (),
    *,
    relay: bool = False,
    blocked: str = "blocked.example",
) -> dict[str, Finding]:
    check = MessageCheck(
        budgeted=lambda: ZONE,
        clock=lambda: float(NOW),
        suffixes=None,
        ours=lambda domain: domain == "ours.example",
        resembles=lambda domain: "it looks like ours.example" if domain == "0urs.example" else "",
        trusted=trusted,
        lists=ListsCheck(SenderList(()), SenderList([Entry(blocked)]), lambda: float(NOW)),
    )
    facts = Facts(session="s", client="192.0.2.7", role="inbound", relay=relay, findings=findings)
    given = content if isinstance(content, Content) else Content(len(content), content)

    async def run() -> Sequence[Finding]:
        answer = check.look(Stage.CONTENT, facts, given)
        return await answer if isinstance(answer, Awaitable) else answer

    return {finding.what: finding for finding in asyncio.run(run())}


def test_a_signed_message_of_its_author_passes() -> None:
    found = look(signed(MESSAGE))
    assert list(found) == ["dkim-pass", "arc-none", "dmarc-pass"]
    [evidence] = found["dkim-pass"].evidence
    assert isinstance(evidence, DkimEvidence)
    assert (evidence.domain, evidence.selector, evidence.algorithm) == (
        "good.example",
        "s1",
        "ed25519-sha256",
    )


def test_spf_alone_stands_behind_a_message_too() -> None:
    assert list(look(MESSAGE, (SPF,))) == ["dkim-none", "arc-none", "dmarc-pass"]


@pytest.mark.parametrize(
    ("author", "address"),
    [
        ("Ann <ann@good.example>", "ann@good.example"),
        ("ann@good.example, ben@good.example", ""),
        ("ann@good.example, ben@else.example", ""),
        ("Ann", ""),
    ],
)
def test_the_authors_address_is_told_where_there_is_no_doubt_which_it_is(author: str, address: str) -> None:
    found = look(MESSAGE.replace(b"Ann <ann@good.example>", author.encode()), (SPF,))
    [evidence] = next(finding for what, finding in found.items() if what.startswith("dmarc-")).evidence
    assert isinstance(evidence, DmarcEvidence)
    assert evidence.address == address


def test_a_changed_message_fails_and_the_owner_s_policy_names_the_finding() -> None:
    found = look(signed(MESSAGE).replace(b"Hello.", b"Hullo."))
    assert list(found) == ["dkim-fail", "arc-none", "dmarc-reject"]
    assert "changed after signing" in found["dkim-fail"].evidence[0].words()
    [evidence] = found["dmarc-reject"].evidence
    assert isinstance(evidence, DmarcEvidence)
    assert (evidence.policy, evidence.record, evidence.record_at) == (
        "reject",
        "v=DMARC1; p=reject",
        "good.example",
    )


@pytest.mark.parametrize(
    ("author", "name", "result"),
    [
        ("a@wary.example", "dmarc-quarantine", Result.FOUND),
        ("a@watching.example", "dmarc-fail", Result.FOUND),
        ("a@nowhere.example", "dmarc-none", Result.SKIPPED),
        ("a@failing.example", "dmarc-temperror", Result.UNAVAILABLE),
    ],
)
def test_each_outcome_of_dmarc_is_a_finding(author: str, name: str, result: Result) -> None:
    found = look(MESSAGE.replace(b"ann@good.example", author.encode()))
    assert found[name].result is result


def test_a_trusted_list_is_believed_by_its_signature() -> None:
    forwarded = signed(MESSAGE.replace(b"Subject: Hi", b"Subject: [list] Hi"), "list.example")
    assert "dmarc-reject" in look(forwarded)
    found = look(forwarded, trusted=["list.example"])
    assert list(found) == ["dkim-pass", "arc-none", "dmarc-forwarded"]
    assert "list.example, which is trusted" in found["dmarc-forwarded"].evidence[0].words()


def test_a_trusted_sealer_is_believed_by_its_chain() -> None:
    forwarded = sealed(MESSAGE)
    assert "dmarc-reject" in look(forwarded)
    found = look(forwarded, trusted=["example"])
    assert list(found) == ["dkim-none", "arc-pass", "dmarc-forwarded"]
    [evidence] = found["arc-pass"].evidence
    assert isinstance(evidence, ArcEvidence)
    assert (evidence.domains, evidence.trusted) == (("list.example",), "list.example")
    assert (evidence.newest, evidence.ended) == (1, False)


def test_a_trusted_sealer_is_not_believed_by_a_seal_that_others_could_have_made() -> None:
    forwarded = sealed(MESSAGE, "old.example", key=OLD_KEY)
    assert "dmarc-forwarded" in look(forwarded, trusted=["old.example"])
    found = look(weakly_sealed(forwarded, OLD_KEY), trusted=["old.example"])
    assert list(found) == ["dkim-none", "arc-pass", "dmarc-reject"]
    [evidence] = found["arc-pass"].evidence
    assert evidence.words() == (
        "ARC pass of old.example; nobody is believed for it: the ARC-Seal of instance 1, of old.example, is made by "
        "rsa-sha1, which proves nothing any more (RFC 8301)"
    )


def test_a_trusted_sealer_who_saw_no_proof_either_proves_nothing() -> None:
    assert "dmarc-reject" in look(sealed(MESSAGE, dmarc="fail"), trusted=["list.example"])


def test_a_broken_chain_is_a_finding_and_nobody_is_believed() -> None:
    broken = sealed(MESSAGE).replace(b"Hello.", b"Hullo.")
    assert {"arc-fail", "dmarc-reject"} <= look(broken, trusted=["list.example"]).keys()


def test_signs_of_forgery_are_findings() -> None:
    assert "author-own-domain" in look(MESSAGE.replace(b"good.example", b"ours.example"))
    assert "author-look-alike" in look(MESSAGE.replace(b"good.example", b"0urs.example"))


def test_an_author_on_a_list_is_a_finding() -> None:
    assert "author-blocked" in look(signed(MESSAGE), blocked="good.example")


def test_a_large_content_is_read_from_its_file(tmp_path: Path) -> None:
    body = b"".join(b"line %d of a large message\r\n" % number for number in range(60_000))
    message = signed(MESSAGE + body)
    path = tmp_path / "large"
    path.write_bytes(message)
    assert list(look(Content(len(message), file=str(path)))) == ["dkim-pass", "arc-none", "dmarc-pass"]


def test_own_clients_are_not_asked_about() -> None:
    assert look(MESSAGE, relay=True) == {}
