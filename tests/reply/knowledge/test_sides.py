"""Whose move it is: the texts that administrators meet most, in each direction, with the reason for the answer.

A wrong side that is told as certain sends people to the wrong door, which is worse than no answer: where two
answers can be defended, the side is "unknown", or the explanation says that it is only likely.
"""

from __future__ import annotations

from typing import Final

import pytest

from gatepost.reply.explain import explain
from gatepost.reply.explanation import Context, Direction

# text, cause, and the side when we sent it and when we received it. Seen from this gateway: "gateway" is us.
BOTH: Final = [
    # Sent: the client has to log in or be let in. Received: our route, or our login at the smarthost.
    ("554 5.7.1 <x@example.com>: Relay access denied", "relay_denied", "sender", "gateway"),
    ("550 5.7.1 Unable to relay", "relay_denied", "sender", "gateway"),
    # The owner of the listed address has to act: the client, or us.
    ("554 5.7.1 Client host [192.0.2.7] blocked using zen.spamhaus.org", "ip_blocklist", "sender", "gateway"),
    # A closed list, or one that answers no questions: the fault is with the one who asks it.
    ("554 5.7.1 blocked using zen.spamhaus.org; Error: open resolver", "system_perm", "gateway", "recipient"),
    # A domain is its owner's, wherever the message passed.
    ("554 5.7.1 Sender address [x@y.example] blocked using dbl.spamhaus.org", "domain_blocklist", "sender", "sender"),
    # The reputation is that of the one who connects.
    ("550 5.7.1 Your server has a poor reputation", "reputation", "sender", "gateway"),
    ("450 4.7.25 Client host rejected: cannot find your hostname, [192.0.2.7]", "no_ptr", "sender", "gateway"),
    # A limit on the client: the one who sends goes slower.
    ("421 4.7.0 Too many connections from 192.0.2.7", "rate_limit", "sender", "gateway"),
    ("452 4.5.3 Too many recipients", "too_many_rcpts", "sender", "gateway"),
    ("550 5.2.2 Submission quota exceeded", "rate_limit", "sender", "gateway"),
    # A limit on what one mailbox gets: others may fill it, or we.
    ("450 4.2.1 The user is receiving mail too quickly", "rate_limit", "unknown", "unknown"),
    # TLS wanted: the client must begin it. TLS broken: the server that says so must mend it.
    ("530 5.7.0 Must issue a STARTTLS command first", "tls", "sender", "gateway"),
    ("454 4.7.0 TLS not available due to local problem", "tls", "gateway", "recipient"),
    # A login is the client's matter.
    ("535 5.7.8 Authentication failed", "smtp_auth", "sender", "gateway"),
    ("530 5.7.0 Authentication required", "smtp_auth", "sender", "gateway"),
    # The mailbox is the recipient's, the address is what the sender wrote.
    ("552 5.2.2 Mailbox full", "mailbox_full", "recipient", "recipient"),
    ("550 5.2.1 Mailbox disabled", "mailbox_disabled", "recipient", "recipient"),
    ("550 5.1.1 User unknown", "user_unknown", "sender", "sender"),
    ("550 5.7.1 You are not allowed to post to this list", "rcpt_restricted", "recipient", "recipient"),
    ("552 5.3.4 Message size exceeds fixed limit", "message_too_big", "sender", "sender"),
    # Greylisting passes by itself.
    ("451 4.7.1 Greylisting in action, please come back later", "greylist", "nobody", "nobody"),
    # What is in a message is the matter of the one who wrote it.
    ("554 5.7.1 Message rejected as spam", "spam_content", "sender", "sender"),
    ("552 5.7.1 Virus found", "virus", "sender", "sender"),
    ("552 5.7.0 Attachment type not allowed", "attachment", "sender", "sender"),
    # The records are those of the sender's domain; a forwarder counts to the sending side, too.
    ("550 5.7.1 SPF check failed", "auth_fail", "sender", "sender"),
    ("550 5.7.1 Rejected by DMARC policy", "auth_fail", "sender", "sender"),
    ("450 4.1.8 <x@example.com>: Sender address rejected: Domain not found", "sender_rejected", "sender", "sender"),
    # The one who looked a name up has the resolver; of a peer's look-up we know too little to name anyone.
    ("451 4.3.0 <x@example.com>: Temporary lookup failure", "dns_temp", "gateway", "network"),
    # A fault or a rule belongs to the one who says it.
    ("452 4.3.1 Insufficient system storage", "system_full", "gateway", "recipient"),
    ("451 4.3.0 Internal server error", "system_temp", "gateway", "recipient"),
    ("554 5.3.5 Local configuration error", "system_perm", "gateway", "recipient"),
    ("554 5.7.1 Rejected due to local policy", "policy", "gateway", "recipient"),
    ("554 5.7.1 Mail from your country is not accepted here", "geo_block", "gateway", "recipient"),
    # A dialogue is broken by the one who gives the commands.
    ("503 5.5.1 Bad sequence of commands", "protocol_error", "sender", "gateway"),
    # A circle goes mostly through the gateway and the server behind it.
    ("554 5.4.6 Too many hops", "loop", "gateway", "gateway"),
    # This circle lies within the directory of the one who says so.
    ("554 5.4.6 RESOLVER.FWD.Loop; there is a forwarding loop", "loop", "recipient", "recipient"),
]  # fmt: skip

LOCAL: Final = [
    # Nothing listens, or nothing answers: it may be their host, our firewall, or what lies between.
    ("connect to mx.example.org[192.0.2.1]:25: Connection timed out", "network", "network"),
    ("connect to mx.example.org[192.0.2.1]:25: Connection refused", "network", "network"),
    # The cause is in the tries before.
    ("message expired", "expired", "unknown"),
    # The DNS servers of one domain, or our own resolver: the text does not tell.
    ("Name service error for name=example.org type=MX: Host not found, try again", "dns_temp", "network"),
    ("Temporary failure in name resolution", "dns_temp", "gateway"),
    ("Host or domain name not found. Name service error for name=x.example", "bad_domain", "sender"),
    # Our settings make the circle.
    ("mail for example.org loops back to myself", "loop", "gateway"),
    # Our login, our program, our disk.
    ("SASL authentication failed; server mail.example.net[192.0.2.5] said: 535 5.7.8 no", "smtp_auth", "gateway"),
    ('Command died with status 1: "/usr/bin/deliver"', "mailer_error", "gateway"),
    ("error writing message: No space left on device", "system_full", "gateway"),
    # Either side may lack what the other wants.
    ("Cannot start TLS: handshake failure", "tls", "unknown"),
]  # fmt: skip


@pytest.mark.parametrize(
    ("text", "direction", "cause", "side"),
    [
        *((text, "sent", cause, side) for text, cause, side, _ in BOTH),
        *((text, "received", cause, side) for text, cause, _, side in BOTH),
        *((text, "local", cause, side) for text, cause, side in LOCAL),
    ],
)
def test_the_move_is_with_the_side_that_can_mend_it(
    text: str, direction: Direction, cause: str, side: str
) -> None:
    told = explain(text, Context(direction=direction))
    assert (told.cause, told.side) == (cause, side)


@pytest.mark.parametrize(
    "text",
    ["Server certificate not verified", "TLS is required, but was not offered by host mx.example.org[192.0.2.1]"],
)  # fmt: skip
def test_what_our_rule_demands_and_the_next_hop_lacks_is_only_likely_to_be_ours(text: str) -> None:
    told = explain(text, Context(direction="local"))
    assert (told.side, told.confidence) == ("gateway", "likely")


@pytest.mark.parametrize(
    "text", ["550 You are on our blacklist", "554 5.7.1 example.com is listed on a blocklist"]
)
def test_a_list_without_what_is_on_it_is_only_likely_to_have_our_address(text: str) -> None:
    told = explain(text, Context(direction="received"))
    assert (told.cause, told.confidence) == ("ip_blocklist", "likely")
    assert "domain_blocklist" in told.causes


def test_without_a_direction_nobody_is_blamed_for_relaying_or_tls() -> None:
    assert explain("554 5.7.1 Relay access denied").side == "unknown"
    assert explain("454 4.7.0 TLS not available").side == "unknown"
