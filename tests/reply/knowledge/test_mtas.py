"""What mail servers say by themselves: cause alone is not enough, so whole explanations are checked here."""

from __future__ import annotations

import pytest

from gatepost.reply.explain import explain
from gatepost.reply.explanation import Context, Direction


@pytest.mark.parametrize(
    ("text", "cause", "side"),
    [
        ("lost connection with mx.example.org[192.0.2.1] while sending message body", "network", "network"),
        ("Server certificate not verified", "tls", "gateway"),
        ("TLS is required, but was not offered by host mx.example.org[192.0.2.1]", "tls", "gateway"),
        ("mail for example.org loops back to myself", "loop", "gateway"),
        ("unknown mail transport error", "system_temp", "gateway"),
        ("mail system configuration error", "system_perm", "gateway"),
        (
            "message size 31457280 exceeds size limit 20971520 of server mx.example.org[192.0.2.1]",
            "message_too_big",
            "sender",
        ),
        (
            "SASL authentication failed; cannot authenticate to server smtp.example.net[192.0.2.5]: no mechanism",
            "smtp_auth",
            "gateway",
        ),
        (
            "Host or domain name not found. Name service error for name=example.invalid type=MX: Host not found",
            "bad_domain",
            "sender",
        ),
    ],
)
def test_what_a_server_made_up_by_itself_is_local_and_has_the_right_side(
    text: str, cause: str, side: str
) -> None:
    told = explain(text)
    assert (told.direction, told.cause, told.side) == ("local", cause, side)


@pytest.mark.parametrize(
    ("text", "direction", "side"),
    [
        ("451 4.3.5 Server configuration problem - try again later", "sent", "gateway"),
        ("451 4.3.5 Server configuration problem - try again later", "received", "recipient"),
        ("450 4.7.1 Error: too much mail from 192.0.2.7", "received", "gateway"),
        (
            "504 5.5.2 <WIN-ABC123>: Helo command rejected: need fully-qualified hostname",
            "received",
            "gateway",
        ),
        ("554 5.7.1 <unknown[192.0.2.7]>: Client host rejected: Access denied", "sent", "gateway"),
    ],
)
def test_the_same_words_sent_or_received_name_another_side(
    text: str, direction: Direction, side: str
) -> None:
    assert explain(text, Context(direction=direction)).side == side


@pytest.mark.parametrize(
    ("text", "persistence", "retry"),
    [
        ("550 5.3.2 Service currently unavailable", "permanent", "after_change"),
        ("450 4.3.2 Service currently unavailable", "temporary", "soon"),
        ("550 5.5.3 <DATA>: Data command rejected: Multi-recipient bounce", "permanent", "after_change"),
        ("454 4.7.1 <erik@example.org>: Relay access denied", "permanent", "after_change"),
        ("Server certificate not verified", "temporary", "after_change"),
    ],
)
def test_prospects_follow_the_words_where_the_code_misleads(text: str, persistence: str, retry: str) -> None:
    told = explain(text)
    assert (told.persistence, told.retry) == (persistence, retry)


@pytest.mark.parametrize(
    ("text", "cause"),
    [
        (
            "delivery temporarily suspended: connect to mx.example.org[192.0.2.1]:25: Connection refused",
            "network",
        ),
        (
            "delivery temporarily suspended: TLS is required, but was not offered by host mx.example.org",
            "tls",
        ),
        ("delivery temporarily suspended: unknown mail transport error", "system_temp"),
        (
            (
                "Host or domain name not found. Name service error for name=example.org type=MX: "
                "Host not found, try again"
            ),
            "dns_temp",
        ),
        ("all relevant MX records point to non-existent hosts", "bad_domain"),
        (
            "H=mx.example.org [192.0.2.1]: a TLS session is required, but an attempt to start TLS failed",
            "tls",
        ),
        ("Deferred: Connection timed out with mx.example.org.", "network"),
        ("Sorry, I couldn't find any host named example.invalid. (#5.1.2)", "bad_domain"),
        ("Network error on destination MXs", "network"),
        ("Maximum hop count exceeded. Message probably in a routing loop.", "loop"),
        ("Domain example.org has exceeded the max emails per hour (150/150 (100%)) allowed.", "rate_limit"),
    ],
)
def test_words_of_the_sending_server_itself_are_never_laid_to_a_peer(text: str, cause: str) -> None:
    told = explain(text)
    assert (told.direction, told.cause) == ("local", cause)


@pytest.mark.parametrize(
    ("text", "cause"),
    [
        (
            (
                "550-Verification failed for <x@example.com>\n550-Response: 550 5.1.1 User unknown\n"
                "550 Sender verify failed"
            ),
            "sender_rejected",
        ),
        (
            (
                "450 4.1.1 <x@example.org>: Recipient address rejected: unverified address: "
                "connect to store.example.org[192.0.2.9]:25: Connection refused"
            ),
            "system_temp",
        ),
        (
            (
                "host mx.example.org[192.0.2.1] refused to talk to me: 554 5.7.1 Service unavailable; "
                "Client host [192.0.2.7] blocked using bl.example.net"
            ),
            "ip_blocklist",
        ),
        ("550 5.7.1 <x@example.org>... Relaying denied. IP name lookup failed [192.0.2.7]", "relay_denied"),
        ("user unknown. Command output: Invalid user specified.", "user_unknown"),
    ],
)
def test_of_several_reasons_in_one_text_the_deciding_one_is_taken(text: str, cause: str) -> None:
    assert explain(text).cause == cause


@pytest.mark.parametrize(
    "text",
    [
        "550 5.1.1 <x@example.org>: no such mailbox in the private list",
        "550 5.1.1 user unknown; mail for this host goes elsewhere",
        "550 5.2.1 mailbox disabled, server unavailable to it",
    ],
)
def test_the_words_of_servers_do_not_catch_what_others_say(text: str) -> None:
    assert explain(text).cause in ("user_unknown", "mailbox_disabled")
