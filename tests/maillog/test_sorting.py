"""Lines of Postfix are told apart many at once: quiet ones, deliveries, messages taken in, and others."""

from __future__ import annotations

import pytest

from gatepost.maillog.sorting import FAILED, Line, hour_of, peer_of, rows, troubles

STAMP = "Nov 23 15:05:55"
ISO = "2026-11-23T15:05:55.123456+01:00"
KEY = "4F2A1B9C0D1"
SENT = (
    f"postfix/smtp[7]: {KEY}: to=<jo@a.example>, relay=mx.a.example[192.0.2.1]:25, delay=1.2, "
    "delays=0.1/0/0.9/0.2, dsn=2.0.0, status=sent (250 2.0.0 Ok: queued as ABC)"
)
QUIET = [
    "postfix/smtpd[1]: connect from unknown[192.0.2.1]",
    "postfix/smtpd[1]: disconnect from unknown[192.0.2.1] ehlo=1 quit=1 commands=2",
    "postfix/smtpd[1]: warning: hostname a.example does not resolve to address 192.0.2.1",
    "postfix/submission/smtpd[1]: lost connection after AUTH from unknown[192.0.2.1]",
    f"postfix/cleanup[2]: {KEY}: message-id=<x@a.example>",
    f"postfix/qmgr[3]: {KEY}: from=<jo@a.example>, size=2048, nrcpt=1 (queue active)",
    f"postfix/qmgr[3]: {KEY}: removed",
    "postfix/anvil[4]: statistics: max cache size 1 at Nov 23 15:05:55",
    f"postfix/bounce[5]: {KEY}: sender non-delivery notification: 4F2A1B9C0D2",
    "postfix/postscreen[6]: CONNECT from [192.0.2.1]:25 to [192.0.2.2]:25",
    f"postfix/smtp[7]: {KEY}: host mx.a.example[192.0.2.1] said: 450 4.2.1 not now (in reply to RCPT TO command)",
    "postfix/smtp[7]: warning: no MX host for a.example has a valid address record",
    "postfix/smtp[7]: connect to mx.a.example[192.0.2.1]:25: Connection timed out",
]


def lines(*messages: str, stamp: str = STAMP, host: str = "gw") -> bytes:
    return "".join(f"{stamp} {host} {message}\n" for message in messages).encode()


def apart(raw: str) -> Line | None:
    """Take one line apart."""
    (parts,) = troubles(raw + "\n")
    return Line.of(parts)


def told(data: bytes) -> list[tuple[bytes, bytes, bytes]]:
    return [row for row in rows(data)[0] if any(row)]


@pytest.mark.parametrize("stamp", [STAMP, ISO])
def test_quiet_lines_give_no_row(stamp: str) -> None:
    assert told(lines(*QUIET, stamp=stamp)) == []


@pytest.mark.parametrize(("stamp", "hour"), [(STAMP, b"Nov 23 15"), (ISO, b"2026-11-23T15")])
def test_a_delivery_gives_its_stamp_and_the_domain(stamp: str, hour: bytes) -> None:
    data = lines(*QUIET, SENT, *QUIET, stamp=stamp)
    assert told(data) == [(stamp.encode(), b"a.example", b"")]
    assert stamp.encode()[: rows(data)[1]] == hour
    assert stamp[: hour_of(stamp)].encode() == hour


def test_a_message_taken_in_gives_its_stamp() -> None:
    accepted = f"postfix/smtpd[1]: {KEY}: client=unknown[192.0.2.1]"
    local = f"postfix/pickup[1]: {KEY}: uid=0 from=<root>"
    assert told(lines(accepted, *QUIET, local)) == [(STAMP.encode(), b"", b"")] * 2


@pytest.mark.parametrize(
    "message",
    [
        SENT.replace("sent (250", "deferred (450"),
        SENT.replace("Ok: queued as ABC", "Ok, discarded, id=7"),
        SENT.replace("jo@a.example", "jo"),
        SENT.replace("jo@a.example", '"a>b"@a.example'),
        SENT.replace("postfix/smtp", "postfix/discard"),
        SENT.replace("postfix/", "exim/"),
        SENT.replace("mx.a.example[192.0.2.1]:25", "m,x"),
        "postfix/smtpd[1]: NOQUEUE: reject: RCPT from unknown[192.0.2.1]: 554 5.7.1 no; from=<> to=<x@a.example>",
        "postfix/smtpd[1]: warning: unknown[192.0.2.1]: SASL LOGIN authentication failed: x",
        f"postfix/qmgr[1]: {KEY}: from=<jo@a.example>, status=expired, returned to sender",
        f"postfix/cleanup[1]: {KEY}: milter-reject: END-OF-MESSAGE from unknown[192.0.2.1]: 5.7.1 spam; from=<>",
        f"postfix/anvil[1]: {KEY}: to=<jo@a.example>, relay=none, delay=1, dsn=4.4.1, status=deferred (x)",
        "sshd[1]: Failed password for root",
        "",
    ],
)
def test_every_other_line_is_given_out_whole(message: str) -> None:
    data = lines(*QUIET, message, SENT, *QUIET)
    line = f"{STAMP} gw {message}\n".encode()
    assert told(data) == [(b"", b"", line), (STAMP.encode(), b"a.example", b"")]


@pytest.mark.parametrize(
    "stamp", ["Nov 31 15:05:55", "Feb 30 15:05:55", "Foo  1 15:05:55", "Nov 23 35:05:55", ""]
)
def test_a_line_without_a_date_that_there_is_is_given_out(stamp: str) -> None:
    assert [row[2] for row in told(lines(QUIET[0], stamp=stamp) + lines(QUIET[0]))] == [
        lines(QUIET[0], stamp=stamp)
    ]


def test_empty_lines_are_given_out() -> None:
    assert [row[2] for row in told(b"\n\n" + lines(QUIET[0]) + b"\n")] == [b"\n", b"\n", b"\n"]


def test_lines_of_several_hosts_and_days_are_all_known() -> None:
    data = b"".join(
        lines(*QUIET, SENT, stamp=stamp, host=host)
        for host in ("gw", "mx1.example.org", "192.0.2.9")
        for stamp in (STAMP, "Nov 24 00:00:01", ISO, "2026-11-24T00:00:00Z")
    )
    assert [row[1] for row in told(data)] == [b"a.example"] * 12


def test_a_few_lines_of_another_host_among_many_of_one_are_given_out_or_known_but_never_lost() -> None:
    data = lines(*QUIET * 50) + lines(SENT, host="other") + lines(*QUIET * 50)
    assert told(data) in (
        [(b"", b"", lines(SENT, host="other"))],
        [(STAMP.encode(), b"a.example", b"")],
    )


def test_a_deferral_is_taken_apart() -> None:
    raw = lines(
        SENT.replace("sent (250 2.0.0 Ok", "deferred (connect to mx").replace("2.0.0,", "4.4.1,")
    ).decode()
    line = apart(raw[:-1])
    assert line is not None
    assert (line.stamp, line.domain, line.addresses) == (STAMP, "a.example", ("jo@a.example",))
    assert line.text == "connect to mx: queued as ABC)"
    assert (line.peer, line.code, line.presumed) == ("mx.a.example[192.0.2.1]", "", True)


@pytest.mark.parametrize(
    ("text", "opening", "rest"),
    [
        ("host mx.b.example[192.0.2.7] said: 450 4.2.1 no)", "host ", "[192.0.2.7] said: 450 4.2.1 no)"),
        (
            "connect to mx.b.example[192.0.2.7]:25: Connection refused)",
            "connect to ",
            "[192.0.2.7]:25: Connection",
        ),
    ],
)
def test_a_peer_that_the_text_begins_with_is_taken_out_of_it(text: str, opening: str, rest: str) -> None:
    raw = lines(SENT.partition("sent (")[0] + "deferred (" + text).decode()
    line = apart(raw[:-1])
    assert line is not None
    assert line.peer == "mx.b.example[192.0.2.7]"
    assert line.code == ("450" if "said" in text else "")
    assert troubles(raw)[0][FAILED][5] == opening
    assert line.text.startswith(rest)


@pytest.mark.parametrize(
    ("daemon", "key", "client", "envelope"),
    [
        (
            "smtpd",
            "NOQUEUE",
            "unknown[192.0.2.1]",
            "from=<jo@B.example> to=<x@a.example> proto=ESMTP helo=<h>",
        ),
        ("smtpd", KEY, "unknown[2001:db8::1]", "from=<jo@B.example> proto=ESMTP helo=<h>"),
        (
            "postscreen",
            "NOQUEUE",
            "[192.0.2.1]:4711",
            "from=<jo@B.example>, to=<x@a.example>, proto=ESMTP, helo=<h>",
        ),
    ],
)
def test_a_refusal_is_taken_apart(daemon: str, key: str, client: str, envelope: str) -> None:
    line = apart(
        f"{STAMP} gw postfix/{daemon}[1]: {key}: reject: RCPT from {client}: 554 5.7.1 no; really; {envelope}"
    )
    assert line is not None
    assert (line.domain, line.text, line.peer) == (
        "B.example",
        "554 5.7.1 no; really",
        client.partition("]")[0] + "]",
    )


def test_a_failed_login_is_taken_apart() -> None:
    line = apart(
        f"{STAMP} gw postfix/smtpd[1]: warning: unknown[192.0.2.1]: SASL LOGIN authentication failed: UGFz"
    )
    assert line is not None
    assert (line.domain, line.addresses, line.peer) == ("", (), "unknown[192.0.2.1]")


def test_each_line_gives_its_parts_in_the_order_of_the_lines() -> None:
    raws = [f"{STAMP} gw {message}" for message in (QUIET[0], SENT.replace("sent (", "bounced ("), "", "x")]
    found = troubles("".join(raw + "\n" for raw in raws))
    assert [Line.of(parts) is not None for parts in found] == [False, True, False, False]


@pytest.mark.parametrize(
    ("relay", "peer"),
    [
        ("mx.a.example[192.0.2.1]:25", "mx.a.example[192.0.2.1]"),
        ("mail.example[private/lmtp]", "mail.example[private/lmtp]"),
        ("none", ""),
        ("x" * 300 + "[192.0.2.1]", "x" * 255),
    ],
)
def test_a_relay_names_its_peer_without_the_port(relay: str, peer: str) -> None:
    assert peer_of(relay) == peer


@pytest.mark.parametrize(
    "raw", ["", "x", f"{STAMP} gw postfix/smtpd[1]: NOQUEUE: reject: RCPT from unknown[192.0.2.1]: 5"]
)
def test_what_is_not_surely_one_of_these_is_left(raw: str) -> None:
    assert apart(raw) is None


@pytest.mark.parametrize(
    "begin",
    [
        f"{STAMP} gw postfix/smtp[1]: ",
        "",
        f"{STAMP} gw postfix/smtp[7]: {KEY}: to=<",
        f"{STAMP} gw {SENT.partition('sent')[0]}deferred (",
        f"{STAMP} gw postfix/smtpd[7]: {KEY}: reject: RCPT from a[b]: ",
    ],
)
def test_hostile_lines_cost_no_more_than_their_length(begin: str) -> None:
    for filling in ("a", "<", "a=<", "a@", ", ", "[", ": ", "0", "a:", "; from=", "; from=<", ";", "said: "):
        raw = begin + filling * 30_000
        assert len(told(raw.encode() + b"\n")) <= 1
        apart(raw)
