"""What large providers mean by their replies: whose move it is, whether it lasts, and what they do not mean.

That each rule decides its own examples is tested in tests/reply/test_explain.py.
"""

from __future__ import annotations

from pathlib import Path

import pytest

from gatepost.reply import knowledge
from gatepost.reply.explain import explain
from gatepost.reply.explanation import Context, Explanation

PROVIDERS = sorted(path.stem for path in (Path(knowledge.__file__).parent / "providers").glob("*.toml"))


def received(text: str, peer: str = "") -> Explanation:
    return explain(text, Context(direction="received", peer=peer))


@pytest.mark.parametrize("provider", PROVIDERS)
def test_a_provider_has_a_title_and_marks_or_rules_by_which_it_is_known(provider: str) -> None:
    assert knowledge.speakers()[provider].title
    marked = any(mark.speaker == provider for mark in knowledge.marks())
    assert marked or not any(rule.speaker == provider for rule in knowledge.rules())


@pytest.mark.parametrize("provider", PROVIDERS)
def test_what_a_provider_means_by_a_code_is_half_a_sentence_without_a_stop(provider: str) -> None:
    for meant in knowledge.speakers()[provider].enhanced.values():
        assert meant.meaning
        assert not meant.meaning.endswith(".")  # the engine ends the sentence


def test_words_for_people_are_whole_sentences() -> None:
    for rule in knowledge.rules():
        for words in (rule.meaning, rule.action, rule.action_received):
            assert not words or words.endswith("."), words


# --- each provider's codes, without any words that help ---


@pytest.mark.parametrize(
    ("code", "peer", "cause"),
    [
        ("421 4.7.23", "gmail-smtp-in.l.google.com", "no_ptr"),
        ("550 5.7.24", "gmail-smtp-in.l.google.com", "auth_fail"),
        ("421 4.7.28", "gmail-smtp-in.l.google.com", "rate_limit"),
        ("421 4.7.29", "gmail-smtp-in.l.google.com", "tls"),
        ("421 4.7.32", "gmail-smtp-in.l.google.com", "auth_fail"),
        ("550 5.7.40", "gmail-smtp-in.l.google.com", "auth_fail"),
        ("550 5.4.5", "gmail-smtp-in.l.google.com", "rate_limit"),
        ("550 5.1.10", "example-org.mail.protection.outlook.com", "user_unknown"),
        ("550 5.1.90", "example-org.mail.protection.outlook.com", "rate_limit"),
        ("550 5.2.121", "example-org.mail.protection.outlook.com", "rate_limit"),
        ("550 5.4.14", "example-org.mail.protection.outlook.com", "loop"),
        ("450 4.4.316", "example-org.mail.protection.outlook.com", "network"),
        ("550 5.4.310", "example-org.mail.protection.outlook.com", "bad_domain"),
        ("450 4.7.323", "example-org.mail.protection.outlook.com", "tls"),
        ("550 5.7.124", "example-org.mail.protection.outlook.com", "rcpt_restricted"),
        ("550 5.7.136", "example-org.mail.protection.outlook.com", "rcpt_restricted"),
        ("535 5.7.139", "smtp.office365.com", "smtp_auth"),
        ("550 5.7.193", "example-org.mail.protection.outlook.com", "rcpt_restricted"),
        ("550 5.7.30", "smtp.office365.com", "smtp_auth"),
        ("550 5.7.512", "example-org.mail.protection.outlook.com", "rfc_noncompliant"),
        ("550 5.7.606", "example-org.mail.protection.outlook.com", "ip_blocklist"),
        ("451 4.7.650", "hotmail-com.olc.protection.outlook.com", "reputation"),
        ("451 4.7.652", "hotmail-com.olc.protection.outlook.com", "rate_limit"),
        ("550 5.7.705", "example-org.mail.protection.outlook.com", "rate_limit"),
        ("550 5.7.750", "example-org.mail.protection.outlook.com", "sender_rejected"),
        ("451 4.7.850", "example-org.mail.protection.outlook.com", "reputation"),
        ("554 5.7.9", "mta5.am0.yahoodns.net", "policy"),
        ("550 5.2.1", "al-ip4-mx-vip1.prodigy.net", "user_unknown"),
        ("550 5.4.6", "mx.zoho.com", "rate_limit"),
        ("554 5.2.3", "mx.zoho.com", "policy"),
    ],
)
def test_a_code_is_read_as_its_provider_means_it(code: str, peer: str, cause: str) -> None:
    assert received(f"{code} qqq", peer).cause == cause


@pytest.mark.parametrize(
    ("code", "cause"),
    [
        ("550 5.4.6", "loop"),
        ("550 5.7.30", "tls"),
        ("550 5.1.10", "bad_domain"),
        ("554 5.2.3", "message_too_big"),
        ("450 4.4.1", "network"),
    ],
)
def test_the_same_code_keeps_its_registered_meaning_elsewhere(code: str, cause: str) -> None:
    assert received(f"{code} qqq", "mx.example.org").cause == cause


# --- where one provider's replies are alike, and mean different things ---


@pytest.mark.parametrize(
    ("cause", "text"),
    [
        ("user_unknown", "553 5.1.3 The recipient address <a> is not a valid RFC 5321 address. - gsmtp"),
        ("sender_rejected", "553 5.1.7 The sender address <a> is not a valid RFC 5321 address. - gsmtp"),
        ("mailbox_full", "452 4.2.2 The recipient's inbox is out of storage space. - gsmtp"),
        ("rate_limit", "550 5.7.1 Email quota exceeded. - gsmtp"),
        ("mailbox_disabled", "550 5.2.1 The email account that you tried to reach is disabled. - gsmtp"),
        ("rate_limit", "550 5.2.1 The user you are trying to contact is receiving mail too quickly. - gsmtp"),
        ("auth_fail", "421 4.7.26 This mail has been rate limited because it is unauthenticated. - gsmtp"),
        ("tls", "421 4.7.0 TLS required for RCPT domain, closing connection. - gsmtp"),
        ("rate_limit", "421 4.7.0 Try again later, closing connection. (EHLO) - gsmtp"),
        ("mailbox_full", "554 5.2.2 mailbox full; STOREDRV.Deliver.Exception:QuotaExceededException"),
        (
            "rate_limit",
            "554 5.2.2 STOREDRV.Submission.Exception:SubmissionQuotaExceededException; sender's submission quota",
        ),
        ("user_unknown", "550 5.4.1 Recipient address rejected: Access denied. AS(201806281)"),
        ("relay_denied", "550 5.7.64 TenantAttribution; Relay Access Denied"),
        ("sender_rejected", "550 5.7.511 Access denied, banned sender (protection.outlook.com)"),
        (
            "ip_blocklist",
            "550 5.7.511 Access denied, banned sender[192.0.2.7]. To request removal from this list please",
        ),
        ("spam_content", "550 5.7.520 Message blocked because it contains content identified as spam. AS(4810)"),
        ("policy", "550 5.7.520 Access denied, Your organization does not allow external forwarding."),
        ("rate_limit", "451 Authentication failed: Maximum credits exceeded"),
        ("smtp_auth", "535 Authentication failed: Bad username / password"),
        ("rate_limit", "454 Throttling failure: Daily message quota exceeded."),
    ],
)  # fmt: skip
def test_like_replies_of_one_provider_are_told_apart(cause: str, text: str) -> None:
    told = received(text)
    assert (told.cause, told.confidence) == (cause, "certain")


# --- whose move it is, and whether it lasts ---


@pytest.mark.parametrize(
    ("told", "text"),
    [
        ("gateway temporary later", "421 4.7.0 [TSS04] Messages from 192.0.2.7 temporarily deferred"),
        ("gateway permanent after_change", "421 4.7.1 [TS03] Permanently deferred; Retrying will NOT succeed."),
        ("gateway permanent after_change", "550 5.7.606 Access denied, banned sending IP [192.0.2.7]."),
        ("gateway temporary later", "451 4.7.500 Server busy. Please try again later from [192.0.2.7]. (AS77713)"),
        ("gateway temporary soon", "452 4.5.3 Recipients belong to multiple regions ATTR38"),
        ("gateway temporary later", "454 4.7.0 Too many login attempts, please try again later. - gsmtp"),
        ("recipient temporary later", "552 5.2.2 The email account that you tried to reach is over quota. - gsmtp"),
        ("recipient permanent after_change", "550 5.7.1 RESOLVER.RST.AuthRequired; authentication required"),
        ("recipient temporary later", "451 4.7.0 Temporary server error. Please try again later. PRX4"),
        ("sender permanent no", "550 5.1.10 RESOLVER.ADR.RecipientNotFound; Recipient not found"),
        ("gateway temporary after_change", "421 Temporarily rejected. Reverse DNS for 192.0.2.7 failed. IB108"),
        ("gateway permanent after_change", "553 5.3.0 alph1 DNSBL:RBL 521< 192.0.2.7 >_is_blocked."),
    ],
)  # fmt: skip
def test_a_reply_we_got_tells_whose_move_it_is_and_whether_it_lasts(told: str, text: str) -> None:
    explanation = received(text)
    assert f"{explanation.side} {explanation.persistence} {explanation.retry}" == told


@pytest.mark.parametrize(
    ("place", "text"),
    [
        ("sender.office.com", "550 5.7.606 Access denied, banned sending IP [192.0.2.7]."),
        ("olcsupport.office.com", "550 5.7.1 Unfortunately, messages from [192.0.2.7] weren't sent. (S3140)"),
        ("senders.yahooinc.com", "421 4.7.0 [TSS04] Messages from 192.0.2.7 temporarily deferred"),
        ("postmaster.google.com", "421 4.7.0 very low reputation of the sending IP address. - gsmtp"),
        ("spa.xfinity.com", "554 comcast 192.0.2.7 found on one or more DNSBLs"),
        ("abuse-att.net", "553 5.3.0 alph1 DNSBL:RBL 521< 192.0.2.7 >_is_blocked."),
        ("csi.cloudmark.com", "554 Connection refused. This IP has a poor reputation on Cloudmark. IB103."),
    ],
)
def test_the_advice_names_the_place_to_turn_to(place: str, text: str) -> None:
    assert place in received(text).action


# --- what only looks like a provider's mark ---


@pytest.mark.parametrize(
    ("cause", "text"),
    [
        ("no_ptr", "450 4.7.1 Client host rejected: cannot find your reverse hostname, [bl21-7.example.net]"),
        ("user_unknown", "550 5.1.1 mx-sc-001.example.net: User unknown"),
        ("mailbox_full", "552 5.2.2 User email quota exceeded"),
        ("user_unknown", "550 5.1.1 hm01.example.org said: no such user"),
    ],
)
def test_a_part_of_a_hosts_name_is_no_mark(cause: str, text: str) -> None:
    assert received(text).cause == cause
