"""A Postfix log as a busy server writes it: the same octets for the same seed, and as many as are asked for.

Four fates of five are deliveries; the rest are deferrals, bounces and refusals with the texts that big providers,
common servers and Postfix itself give, each with names, addresses and ids of its own. Around them stand the lines
that tell of no fate: connections, TLS, queue manager, statistics. Names and addresses are those set aside for
documentation and for measuring (RFC 2606, RFC 2544, RFC 3849).
"""

from __future__ import annotations

import datetime as dt
import random
import re
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO, Final

SEED: Final = 20261123
_BATCH: Final = 2_000  # messages that are written at once
_START: Final = dt.datetime(2026, 11, 16, 6, 25, 1, tzinfo=dt.UTC)
_STEP: Final = 0.45  # seconds between two messages on average

_ENHANCED: Final = re.compile(r"\b[45]\.[0-9]\.[0-9]{1,3}\b")
_SYLLABLES: Final = [first + second for first in "bcdfghklmnprst" for second in "aeio"][:32]

_DELIVERED: Final = """
250 2.0.0 Ok: queued as {queue}
250 2.0.0 OK  {epoch} {hex12}-{hex4}.{number} - gsmtp
250 2.6.0 <{hex12}{hex12}@{domain}> [InternalId={number}{number}, \
Hostname=DB9P{number}.prod.example.com] {number} bytes in 0.{number}, 96.064 KB/sec Queued mail for \
delivery -> 250 2.1.5
250 2.0.0 <{to}> {hex12}{hex4} Saved
250 OK id=1v{hex4}-{hex12}-{hex4}
250 ok {epoch} qp {number}
250 2.0.0 {hex12}-{number} Message accepted for delivery
250 Requested mail action okay, completed: id={hex12}
""".strip().split("\n")
_DEFERRED: Final = """
host {mx} said: 450 4.2.0 <{to}>: Recipient address rejected: Greylisted, see \
http://postgrey.example.org/{domain}.html (in reply to RCPT TO command)
host {mx} said: 451 4.7.1 Greylisting in action, please come back in {seconds} seconds (in reply to RCPT \
TO command)
host {mx} said: 421-4.7.28 Gmail has detected an unusual rate of unsolicited mail originating from your \
IP address. To protect our users from spam, mail sent from your IP address has been temporarily rate \
limited. {hex12} - gsmtp (in reply to end of DATA command)
host {mx} refused to talk to me: 421 4.7.0 [TSS04] Messages from {ip} temporarily deferred due to \
unexpected volume or user complaints - 4.16.55.1; see https://postmaster.example.com/error-codes
host {mx} said: 452 4.2.2 <{to}> The email account that you tried to reach is over quota {hex12} (in \
reply to RCPT TO command)
host {mx} said: 451 4.3.0 <{to}>: Temporary lookup failure (in reply to RCPT TO command)
host {mx} said: 451 4.7.500 Server busy. Please try again later from [{ip}]. (S77714) \
[{hex12}.prod.example.com] (in reply to MAIL FROM command)
connect to {mx}:25: Connection timed out
connect to {mx}:25: Connection refused
connect to {mx}:25: No route to host
lost connection with {mx} while receiving the initial server greeting
conversation with {mx} timed out while sending end of data -- message may be sent more than once
Host or domain name not found. Name service error for name={domain} type=MX: Host not found, try again
""".strip().split("\n")
_BOUNCED: Final = """
host {mx} said: 550 5.1.1 <{to}>: Recipient address rejected: User unknown in virtual mailbox table (in \
reply to RCPT TO command)
host {mx} said: 550-5.1.1 The email account that you tried to reach does not exist. Please try 550-5.1.1 \
double-checking the recipient's email address for typos or 550 5.1.1 unnecessary spaces. {hex12}-{hex4} \
- gsmtp (in reply to RCPT TO command)
host {mx} said: 550 5.4.1 Recipient address rejected: Access denied. AS(201806281) \
[{hex12}.prod.example.com 2026-11-23T10:00:00.000Z {hex12}] (in reply to RCPT TO command)
host {mx} said: 550-5.7.26 This mail has been blocked because the sender is unauthenticated. 550-5.7.26 \
SPF [{domain}] with ip: [{ip}] = did not pass {hex12} - gsmtp (in reply to end of DATA command)
host {mx} said: 550 5.7.1 Unfortunately, messages from [{ip}] weren't sent. Please contact your Internet \
service provider since part of their network is on our block list (S3150). [{hex12}.prod.example.com] \
(in reply to MAIL FROM command)
host {mx} said: 552 5.2.2 <{to}> mailbox full (in reply to RCPT TO command)
host {mx} said: 554 5.7.1 Service unavailable; Client host [{ip}] blocked using zen.spamhaus.org; \
https://www.spamhaus.org/query/ip/{ip} (in reply to RCPT TO command)
host {mx} said: 552 5.3.4 Message size exceeds fixed limit (in reply to MAIL FROM command)
host {mx} said: 554 5.7.1 [P4] Message blocked due to spam content in the message. (in reply to end of \
DATA command)
host {mx} said: 550 No such user here {hex4} (in reply to RCPT TO command)
Host or domain name not found. Name service error for name={domain} type=A: Host not found
unknown user: "{user}"
""".strip().split("\n")
_REFUSED: Final = """
RCPT from {client}: 554 5.7.1 <{to}>: Relay access denied;
RCPT from {client}: 550 5.1.1 <{to}>: Recipient address rejected: User unknown in relay recipient table;
RCPT from {client}: 450 4.7.1 Client host rejected: cannot find your hostname, [{ip}];
RCPT from {client}: 554 5.7.1 Service unavailable; Client host [{ip}] blocked using zen.spamhaus.org; \
https://www.spamhaus.org/query/ip/{ip};
RCPT from {client}: 504 5.5.2 <WIN-{hex4}>: Helo command rejected: need fully-qualified hostname;
RCPT from {client}: 450 4.2.0 <{to}>: Recipient address rejected: Greylisted, see \
http://postgrey.example.org/{domain}.html;
RCPT from {client}: 450 4.1.8 <{sender}>: Sender address rejected: Domain not found;
RCPT from {client}: 450 4.1.2 <{to}>: Recipient address rejected: Domain not found;
RCPT from {client}: 550 5.7.23 <{to}>: Recipient address rejected: Message rejected due to: SPF fail - \
not authorized. Please see http://www.openspf.example.net/Why?s=mfrom;id={sender};ip={ip};r={user};
MAIL from {client}: 552 5.3.4 Message size exceeds fixed limit;
""".strip().split("\n")


class _Source:
    """Everything that varies, drawn from one generator."""

    def __init__(self, seed: int) -> None:
        self.random = random.Random(seed)
        draw = self.random
        self.domains = [self._domain() for _ in range(4_000)]
        self.hosts = [f"mx{draw.randint(1, 9)}.{self._domain()}[{self.address()}]" for _ in range(6_000)]
        self.users = ["".join(draw.choices(_SYLLABLES, k=3)) for _ in range(8_000)]

    def _domain(self) -> str:
        draw = self.random
        ending = draw.choice(("example.com", "example.net", "example.org", "example", "test"))
        return "".join(draw.choices(_SYLLABLES, k=draw.randint(2, 4))) + f".{ending}"

    def address(self) -> str:
        draw = self.random
        if draw.random() < 0.06:
            return f"2001:db8:{draw.getrandbits(16):x}:{draw.getrandbits(16):x}::{draw.getrandbits(16):x}"
        return f"198.{draw.randint(18, 19)}.{draw.randint(0, 255)}.{draw.randint(1, 254)}"

    def some(self, of: list[str]) -> str:
        """Give one of a list, the first ones far more often, as mail has it."""
        return of[int(len(of) * self.random.random() ** 4)]


def written(octets: int, seed: int = SEED) -> Iterator[bytes]:
    """Give a log of about so many octets in pieces that end with a line."""
    source, done, number = _Source(seed), 0, 0
    while done < octets:
        lines: list[str] = []
        for _ in range(_BATCH):
            number += 1
            _message(source, number, lines)
        piece = "".join(lines).encode()
        done += len(piece)
        if done > octets:
            piece = piece[: piece.rfind(b"\n", 0, len(piece) - done + octets) + 1]
        yield piece


def write(path: Path, octets: int, seed: int = SEED) -> int:
    """Write a log of about so many octets to a file; give how many they are."""
    with path.open("wb") as file:
        return sum(_put(file, piece) for piece in written(octets, seed))


def _put(file: BinaryIO, piece: bytes) -> int:
    return file.write(piece)


def _message(source: _Source, number: int, lines: list[str]) -> None:
    draw = source.random
    chance, some = draw.random(), source.some
    moment = _START + dt.timedelta(seconds=number * _STEP)
    stamp = f"{moment:%b} {moment.day:2} {moment:%H:%M:%S} mx1 postfix/"
    ip, pid = source.address(), draw.randint(1_000, 99_999)
    client = f"unknown[{ip}]" if draw.random() < 0.4 else f"mail.{some(source.domains)}[{ip}]"
    sender = f"{some(source.users)}@{some(source.domains)}"
    to = f"{some(source.users)}@{some(source.domains)}"
    facts = {
        "queue": f"{draw.getrandbits(44):011X}",
        "hex12": f"{draw.getrandbits(48):012x}",
        "hex4": f"{draw.getrandbits(16):04x}",
        "number": draw.randint(1_000, 99_999),
        "epoch": 1_763_910_355 + number,
        "seconds": draw.randint(20, 600),
        "domain": some(source.domains),
        "user": some(source.users),
        "mx": some(source.hosts),
        "client": client,
        "ip": ip,
        "to": to,
        "sender": sender,
    }
    add = lines.append
    if chance < 0.02:
        add(f"{stamp}smtpd[{pid}]: warning: unknown[{ip}]: SASL LOGIN authentication failed: UGFzc3dvcmQ6\n")
        add(f"{stamp}smtpd[{pid}]: lost connection after AUTH from unknown[{ip}]\n")
    elif chance < 0.03:
        add(f"{stamp}postscreen[{pid}]: CONNECT from [{ip}]:{facts['number']} to [192.0.2.1]:25\n")
        add(f"{stamp}postscreen[{pid}]: DNSBL rank 5 for [{ip}]:{facts['number']}\n")
        said = f"550 5.7.1 Service unavailable; client [{ip}] blocked using zen.spamhaus.org"
        begin = f"{stamp}postscreen[{pid}]: NOQUEUE: reject: RCPT from [{ip}]:{facts['number']}:"
        add(f"{begin} {said}; from=<{sender}>, to=<{to}>, proto=ESMTP, helo=<{facts['domain']}>\n")
    elif chance < 0.11:
        what = draw.choice(_REFUSED).format_map(facts)
        envelope = f"from=<{sender}>{f' to=<{to}>' if what.startswith('RCPT') else ''}"
        add(f"{stamp}smtpd[{pid}]: connect from {client}\n")
        begin = f"{stamp}smtpd[{pid}]: NOQUEUE: reject: {what}"
        add(f"{begin} {envelope} proto=ESMTP helo=<{facts['domain']}>\n")
        add(f"{stamp}smtpd[{pid}]: disconnect from {client} ehlo=1 mail=1 rcpt=0/1 quit=1 commands=3/4\n")
    else:
        _accepted(source, chance, stamp, facts, lines)
    if number % 200 == 0:
        add(f"{stamp}anvil[{pid}]: statistics: max connection rate 6/60s for (smtp:{ip}) at {stamp[:15]}\n")
        add(f"{stamp}anvil[{pid}]: statistics: max cache size 14 at {stamp[:15]}\n")


def _accepted(source: _Source, chance: float, stamp: str, facts: dict[str, object], lines: list[str]) -> None:
    """Write the lines of a message that was taken in: nine of ten fates here are deliveries."""
    draw = source.random
    key, pid = f"{draw.getrandbits(44):011X}", draw.randint(1_000, 99_999)
    client, sender, to = facts["client"], facts["sender"], facts["to"]
    size = int(draw.paretovariate(1.2) * 2_000)
    add = lines.append
    add(f"{stamp}smtpd[{pid}]: connect from {client}\n")
    if chance > 0.7:
        add(
            f"{stamp}smtpd[{pid}]: Anonymous TLS connection established from {client}: TLSv1.3 with cipher "
            "TLS_AES_256_GCM_SHA384 (256/256 bits)\n"
        )
    add(f"{stamp}smtpd[{pid}]: {key}: client={client}\n")
    add(
        f"{stamp}cleanup[{pid + 1}]: {key}: message-id=<{facts['hex12']}.{facts['number']}@{facts['domain']}>\n"
    )
    if chance < 0.12:
        begin = f"{stamp}cleanup[{pid + 1}]: {key}: milter-reject: END-OF-MESSAGE from {client}: 5.7.1 Spam message"
        add(f"{begin} rejected; from=<{sender}> to=<{to}> proto=ESMTP helo=<{facts['domain']}>\n")
        return
    add(f"{stamp}qmgr[1012]: {key}: from=<{sender}>, size={size}, nrcpt=1 (queue active)\n")
    delays = f"delay={draw.randint(1, 900) / 100}, delays=0.1/0.02/0.4/{draw.randint(1, 90) / 100}"
    head = f"{key}: to=<{to}>, relay={facts['mx']}:25, {delays}"
    if chance < 0.19:
        text = draw.choice(_DEFERRED).format_map(facts)
        if not text.startswith(("host", "lost", "conv")):
            head = head.replace(f"relay={facts['mx']}:25", "relay=none")
        told = _ENHANCED.search(text)
        dsn = told[0] if told is not None else "4.4.1"
        add(f"{stamp}smtp[{pid + 2}]: {head}, dsn={dsn}, status=deferred ({text})\n")
        return
    if chance < 0.23:
        text = draw.choice(_BOUNCED).format_map(facts)
        told = _ENHANCED.search(text)
        dsn = told[0] if told is not None else "5.4.4"
        agent = "local" if text.startswith("unknown") else "smtp"
        add(f"{stamp}{agent}[{pid + 2}]: {head}, dsn={dsn}, status=bounced ({text})\n")
        add(f"{stamp}bounce[{pid + 3}]: {key}: sender non-delivery notification: {facts['queue']}\n")
    elif chance < 0.4:
        text = _DELIVERED[3].format_map(facts)
        head = head.replace(f"relay={facts['mx']}:25", "relay=mail.example.org[private/dovecot-lmtp]")
        add(f"{stamp}lmtp[{pid + 2}]: {head}, dsn=2.0.0, status=sent ({text})\n")
    else:
        text = draw.choice(_DELIVERED).format_map(facts)
        add(f"{stamp}smtp[{pid + 2}]: {head}, dsn=2.0.0, status=sent ({text})\n")
    add(f"{stamp}qmgr[1012]: {key}: removed\n")
    add(
        f"{stamp}smtpd[{pid}]: disconnect from {client} ehlo=2 starttls=1 mail=1 rcpt=1 data=1 quit=1 commands=7\n"
    )
