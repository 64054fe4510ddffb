"""The fast way and the slow way come to the same summary, however the octets arrive and whatever they hold."""

from __future__ import annotations

import datetime as dt
import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bench.postfix_log import written
from gatepost.maillog.event import Event
from gatepost.maillog.lines import BOUND, Lines
from gatepost.maillog.reading import Reading
from gatepost.maillog.sieve import Sieve, Verdicts, count_in, explained
from gatepost.maillog.summary import Summary
from gatepost.maillog.wanted import Wanted

TODAY = dt.date(2026, 11, 23)
EVERYTHING = Wanted()
VERDICTS = Verdicts()
LABELLED = Path(__file__).parents[3] / "shared/data/loglines_dev.jsonl"
KEY = "4F2A1B9C0D1"


def slowly(data: bytes, wanted: Wanted = EVERYTHING) -> Summary:
    """Count as the modules below would: each line read, explained where it tells of trouble, and counted."""
    summary, reading, lines = Summary(octets=len(data)), Reading(TODAY), Lines()
    for raw in [*lines.receive(data), *lines.end()]:
        event = reading.read(raw)
        if event is None:
            summary.add_unread(raw)
            continue
        summary.add_line(event.system)
        trouble = event.result in ("deferred", "bounced", "rejected") or event.system == "plain"
        explanation = explained(event) if trouble else None
        if wanted.admits(event, explanation):
            summary.add(event, explanation)
    summary.cut = lines.cut
    return summary


def sieved(data: bytes, size: int = 1 << 20, wanted: Wanted = EVERYTHING) -> Summary:
    sieve = Sieve(TODAY, wanted, VERDICTS)
    for at in range(0, len(data), size):
        sieve.receive(data[at : at + size])
    return sieve.end()


GENERATED = b"".join(written(1_500_000))
EXIM = "2026-11-23 15:05:55 1v2abc-000000-11 ** jo@a.example R=r T=t H=mx.a.example [192.0.2.1]: "
OTHERS = [
    EXIM + "SMTP error from remote mail server after RCPT TO:<jo@a.example>: 550 5.1.1 User unknown",
    "550 5.1.1 <jo@a.example>: User unknown",
    "Nov 23 15:05:55 gw sshd[1]: Failed password for root from 192.0.2.1",
    "",
    "Nov 31 15:05:55 gw postfix/smtpd[1]: connect from unknown[192.0.2.1]",
    "postfix/smtpd[1]: connect from unknown[192.0.2.1]",
    "\x00\x01\x02",
    '{"MESSAGE": "x"}',
]
FROM = "from=<jo@a.example> to=<x@b.example> proto=ESMTP helo=<h>"
POSTFIX = [
    "smtpd[1]: connect from unknown[192.0.2.1]",
    f"smtpd[1]: {KEY}: client=unknown[192.0.2.1]",
    "smtpd[1]: warning: unknown[192.0.2.1]: SASL LOGIN authentication failed: UGFz",
    f"smtpd[1]: NOQUEUE: reject: RCPT from unknown[192.0.2.1]: 554 5.7.1 <x@b.example>: Relay access denied; {FROM}",
    f"smtpd[1]: NOQUEUE: reject: RCPT from unknown[192.0.2.7]: 450 4.2.0 <x@b.example>: Greylisted; {FROM}",
    "postscreen[1]: NOQUEUE: reject: RCPT from [192.0.2.9]:4711: 550 5.7.1 Service unavailable; from=<>, proto=ESMTP",
    f"cleanup[1]: {KEY}: message-id=<x@a.example>",
    f"cleanup[1]: {KEY}: milter-reject: END-OF-MESSAGE from unknown[192.0.2.1]: 5.7.1 Spam; {FROM}",
    f"qmgr[1]: {KEY}: from=<jo@a.example>, size=2048, nrcpt=1 (queue active)",
    f"qmgr[1]: {KEY}: from=<jo@a.example>, status=expired, returned to sender",
    f"qmgr[1]: {KEY}: removed",
    f"pickup[1]: {KEY}: uid=0 from=<root>",
    *(
        f"smtp[1]: {KEY}: to=<jo@{domain}>, relay={relay}, delay=1.2, delays=0.1/0/0.9/0.2, dsn={dsn}, status={said}"
        for domain, relay, dsn, said in (
            ("a.example", "mx.a.example[192.0.2.1]:25", "2.0.0", "sent (250 2.0.0 Ok: queued as ABC)"),
            ("A.Example", "none", "2.7.0", "sent (250 2.7.0 Ok, discarded, id=7)"),
            ("b.example", "none", "4.4.1", "deferred (connect to mx.b.example[192.0.2.2]:25: Connection timed out)"),
            ("c.example", "mx.c.example[192.0.2.1]:25", "5.1.1",
             "bounced (host mx.c.example[192.0.2.1] said: 550 5.1.1 User unknown (in reply to RCPT TO command))"),
            ("d.example", "mx.c.example[192.0.2.1]:25", "4.7.0",
             "deferred (host mx.c.example[192.0.2.4] refused to talk to me: 421 4.7.0 Try again later)"),
        )
    ),
    "discard[1]: ABC01: to=<x@b.example>, relay=none, delay=0, delays=0/0/0/0, dsn=2.0.0, status=sent (x)",
]  # fmt: skip
STAMPS = [
    "Nov 23 15:05:55 gw postfix/",
    "Nov 24 00:00:01 gw postfix/",
    "Nov 23 15:59:59 mx.example.org postfix-out/",
    "2026-11-23T15:05:55.123456+01:00 gw postfix/",
    "2026-11-23T16:05:55Z gw postfix/",
    "Nov 23 15:05:55 gw postfix/submission/",
]
LINES = st.one_of(
    st.builds(str.__add__, st.sampled_from(STAMPS), st.sampled_from(POSTFIX)),
    st.sampled_from(OTHERS),
    st.builds(
        lambda line, at, junk: line[:at] + junk + line[at:],
        st.builds(str.__add__, st.sampled_from(STAMPS), st.sampled_from(POSTFIX)),
        st.integers(0, 250),
        st.sampled_from(["\r", "\0", "é", "<", ">", ",", " ", "\t", "@", "[", "x" * 300]),
    ),
)


def test_a_generated_log_comes_to_the_same_both_ways() -> None:
    summary = sieved(GENERATED)
    assert summary == slowly(GENERATED)
    assert summary.systems == {"postfix": summary.lines}
    assert min(summary.results.values()) > 50
    assert len(summary.troubles) > 10


@pytest.mark.parametrize("size", [1_000, 65_537])
def test_the_size_of_the_pieces_makes_no_difference(size: int) -> None:
    data = GENERATED[:300_001]
    assert sieved(data, size) == slowly(data)


def test_how_many_are_counted_at_once_makes_no_difference(monkeypatch: pytest.MonkeyPatch) -> None:
    data = GENERATED[:300_001]
    monkeypatch.setattr("gatepost.maillog.sieve._BATCH", 10)
    assert sieved(data, 10_000) == slowly(data)


@given(st.lists(LINES, max_size=60), st.integers(1, 2_000), st.sampled_from(["\n", "\r\n"]))
def test_any_mixture_of_lines_comes_to_the_same_both_ways(lines: list[str], size: int, end: str) -> None:
    data = end.join(lines).encode()
    assert sieved(data, size) == slowly(data)


@st.composite
def spliced(draw: st.DrawFn, lines: list[bytes]) -> bytes:
    """Give a line made of the beginning of one and the end of another, or one in which something is wrong."""
    one, other = draw(st.sampled_from(lines)), draw(st.sampled_from(lines))
    at, end = draw(st.integers(0, len(one))), draw(st.integers(0, len(other)))
    junk = draw(st.sampled_from([b"", b" ", b"; from=<", b">", b"@", b"[", b": ", b"5", b"\xe4", b"\x0b"]))
    return one[:at] + junk + draw(st.sampled_from([one[at:], one[at + 1 :], one[at + 9 :], other[end:]]))


@given(st.lists(spliced(GENERATED[:200_000].splitlines()), max_size=25))
def test_lines_that_are_nearly_like_real_ones_come_to_the_same_both_ways(lines: list[bytes]) -> None:
    data = b"\n".join(lines)
    # The second time all that could be learned of them is known.
    assert sieved(data) == sieved(data) == slowly(data)


@given(st.binary(max_size=400), st.lists(LINES, max_size=5))
def test_junk_among_lines_is_counted_and_never_raises(junk: bytes, lines: list[str]) -> None:
    data = "\n".join(lines).encode() + junk + b"\n" + "\n".join(lines).encode()
    assert sieved(data).lines == slowly(data).lines


@pytest.mark.parametrize(
    "wanted",
    [
        Wanted(since="2026-11-16T06:30:00"),
        Wanted(since="2026-11-16T06:30:00", until="2026-11-16T06:31:00"),
        Wanted(domains=frozenset({"test"})),
        Wanted(causes=frozenset({"user_unknown", "greylisting"})),
        Wanted(sides=frozenset({"recipient"}), domains=frozenset({"example", "example.com"})),
    ],
    ids=["since", "span", "domain", "causes", "side and domain"],
)
def test_what_is_not_wanted_is_counted_neither_way(wanted: Wanted) -> None:
    summary = sieved(GENERATED, wanted=wanted)
    assert summary == slowly(GENERATED, wanted)
    assert 0 < sum(summary.results.values()) < sum(sieved(GENERATED).results.values())


def test_lines_that_are_too_long_are_cut_and_counted_both_ways() -> None:
    line = f"Nov 23 15:05:55 gw postfix/{POSTFIX[0]}"
    data = "\n".join([line, line + "x" * 2 * BOUND, line, "y" * BOUND, "z" * 5 * BOUND, line]).encode()
    for size in (1_000, BOUND, 1 << 20):
        summary = sieved(data, size)
        assert summary == slowly(data)
        assert (summary.cut, summary.lines) == (2, 6)


def test_utf_16_and_entries_of_the_journal_are_read_whole() -> None:
    entry = "__CURSOR=s=1\n_HOSTNAME=gw\nSYSLOG_IDENTIFIER=postfix/smtpd\nMESSAGE=" + POSTFIX[3][10:] + "\n\n"
    plain = "\n".join(STAMPS[0] + line for line in POSTFIX) + "\n"
    for data in (
        plain.encode("utf-16"),
        (plain + entry * 3).encode(),
        (entry + plain).encode(),
        entry.encode(),
    ):
        summary = sieved(data)
        assert summary == slowly(data)
        assert summary.results["rejected"] >= 1


# The labelled lines belong to others and are not a part of the project: where they are not, nobody can fetch them.
if LABELLED.exists():
    RAWS = [json.loads(line)["line"] for line in LABELLED.read_text(encoding="utf-8").splitlines()]

    def test_real_lines_come_to_the_same_both_ways() -> None:
        framed = [
            f"Nov 23 15:05:55 gw postfix/{daemon}[1]: {raw}"
            for daemon in ("smtp", "smtpd", "cleanup", "qmgr", "postscreen", "local", "anvil")
            for raw in RAWS
        ]
        data = "\n".join(RAWS + framed).encode()
        assert sieved(data, 1 << 22) == slowly(data)

    @given(st.lists(spliced([raw.encode() for raw in RAWS if "\n" not in raw]), max_size=25), st.booleans())
    def test_lines_nearly_like_labelled_ones_come_to_the_same_both_ways(
        lines: list[bytes], framed: bool
    ) -> None:
        before = b"Nov 23 15:05:55 gw postfix/smtp[1]: " if framed else b""
        data = b"\n".join(before + line for line in [*lines, *POSTFIX[0].encode().split(b"\n")])
        assert sieved(data) == sieved(data) == slowly(data)


def test_what_was_learned_of_one_log_serves_another() -> None:
    verdicts = Verdicts()
    summaries = []
    for _ in range(2):
        sieve = Sieve(TODAY, EVERYTHING, verdicts)
        sieve.receive(GENERATED[:200_000])
        summaries.append(sieve.end())
    assert summaries[0] == summaries[1]


def test_verdicts_stay_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("gatepost.maillog.sieve._VERDICTS", 20)
    verdicts = Verdicts()
    sieve = Sieve(TODAY, EVERYTHING, verdicts)
    sieve.receive(GENERATED[:300_000])
    assert len(verdicts.known) <= 20
    assert sieve.end() == slowly(GENERATED[:300_000])


def test_a_text_that_is_long_is_never_kept() -> None:
    verdicts = Verdicts()
    sieve = Sieve(TODAY, EVERYTHING, verdicts)
    begin = f"{STAMPS[0]}smtpd[1]: NOQUEUE: reject: RCPT from unknown[192.0.2.1]: 554 5.7.1 "
    data = "".join(f"{begin}{f'{number};' * 1_000} no; {FROM}\n" for number in range(20)).encode()
    sieve.receive(data)
    assert sieve.end() == slowly(data)
    assert not verdicts.known
    assert max(map(len, verdicts.likeness), default=0) < BOUND // 8


def test_an_event_is_explained_with_what_its_line_tells() -> None:
    event = Event(system="postfix", text="554 5.7.1 Relay access denied", direction="sent", stage="rcpt")
    assert (explained(event).direction, explained(event).stage) == ("sent", "rcpt")


def test_nothing_is_no_entry() -> None:
    counts: dict[str, int] = {}
    count_in(counts, "sent", 0)
    count_in(counts, "held", 2)
    assert counts == {"held": 2}
