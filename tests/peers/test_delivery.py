"""Delivery by the running gateway to next hops that take turns in behaving and misbehaving.

One gateway has a domain for each test, so that the tests do not meet; what it did is read from its journal.
"""

from __future__ import annotations

import email
import email.policy
import re
import ssl
from collections.abc import Callable, Iterator
from email.message import Message
from pathlib import Path
from typing import Any

import pytest
import trustme

from gatepost.journal.reader import records
from gatepost.journal.records import AnyRecord, Attempt, Bounced, Deferred, HeldBack
from gatepost.spool.embedded import open_reader
from tests.delivery.next_hop import CLOSE, HANG, NextHop, Says, Talk, wait_until
from tests.peers.client import Client
from tests.peers.dovecot import Dovecot
from tests.peers.gateway import Gateway
from tests.peers.server import HOST

CONTENT = b"From: <author@author.test>\r\nSubject: One\r\n\r\nText.\r\n..dots\r\n"
DELIVERY: dict[str, object] = {"retry": [1], "reply_timeout": 2, "content_timeout": 2, "connect_timeout": 3}


class Net:
    """A running gateway with a next hop for each of `names`, at a port that may still be free."""

    def __init__(
        self,
        free_port: Callable[[], int],
        names: tuple[str, ...],
        delivery: dict[str, object] = DELIVERY,
        lmtp: tuple[str, ...] = (),
    ) -> None:
        self.ports = {name: free_port() for name in names}
        self.spare = free_port()
        hops = {
            name: [f"{'lmtp:' if name in lmtp else ''}{HOST}:{port}"] for name, port in self.ports.items()
        }
        hops["failover"] = [f"{HOST}:{self.spare}", *hops.get("failover", [])]
        domains = [{"name": f"{name}.test", "next_hop": hop} for name, hop in hops.items()]
        self.gateway = Gateway(
            free_port(), settings={"domain": [*domains, {"name": "nowhere.test"}], "delivery": delivery}
        )

    def hop(self, name: str, says: Says | None = None, **how: Any) -> NextHop:
        """Give the next hop of a domain, to be started."""
        return NextHop(says, port=self.ports[name], **how)

    def send(self, *recipients: str, sender: str = "author@author.test", content: bytes = CONTENT) -> str:
        """Have the gateway take a message; give its id."""
        with Client(self.gateway.port) as client:
            results = client.send(sender, recipients, content)
            client.close()
        assert {result.reply.code for result in results} == {250}, results
        found = re.search(r"\(message-accepted (\S+)\)", results[0].reply.text)
        assert found is not None
        return found[1]

    def told(self, message: str) -> list[AnyRecord]:
        """Give what the journal has about a message."""
        return [r for r in records(self.gateway.data_dir / "journal") if r.message == message]

    def attempts(self, message: str) -> list[Attempt]:
        """Give the tries to deliver a message."""
        return [record for record in self.told(message) if isinstance(record, Attempt)]

    def wait_until_told(
        self, message: str, kind: type[AnyRecord], count: int = 1, seconds: float = 20
    ) -> Any:
        """Wait for records of a kind about a message, and give the first."""

        def found() -> list[AnyRecord]:
            return [record for record in self.told(message) if isinstance(record, kind)]

        assert wait_until(lambda: len(found()) >= count, seconds), (self.told(message), self.gateway.words())
        return found()[0]

    def wait_until_delivered(self, message: str, seconds: float = 20) -> Attempt:
        """Wait until some recipient of a message has it, and give the attempt that did it."""

        def found() -> list[Attempt]:
            return [attempt for attempt in self.attempts(message) if attempt.outcome == "delivered"]

        assert wait_until(found, seconds), (self.told(message), self.gateway.words())
        return found()[0]


PLAIN = (
    "failover", "dead", "each", "author", "null", "lmtp", "stale", "dropped", "nonsense", "babble", "bye", "cut",
    "hang", "large", "one", "two", "opportunistic", "greylist", "utf",
)  # fmt: skip


@pytest.fixture(scope="module")
def net(free_port: Callable[[], int]) -> Iterator[Net]:
    net = Net(free_port, PLAIN, lmtp=("lmtp",))
    with net.gateway:
        yield net
        assert "Traceback" not in net.gateway.output.read_text()


def once(verb: bytes, words: bytes) -> Says:
    """Say something else the first time a verb comes."""
    left = [words]

    def says(line: bytes, talk: Talk) -> bytes | None:
        return left.pop() if left and line[: len(verb)].upper() == verb and (verb or not line) else None

    return says


def test_the_second_next_hop_gets_the_mail_when_the_first_refuses_connections(net: Net) -> None:
    with net.hop("failover") as second:
        message = net.send("b@failover.test")
        (taken,) = second.wait_for(1)
    attempt = net.wait_until_delivered(message)
    assert attempt.peer == f"{HOST}:{second.port}"
    assert taken.below_trace == CONTENT
    assert taken.gateway_id == message
    assert not any(isinstance(record, Deferred) for record in net.told(message))


@pytest.mark.slow
def test_mail_waits_for_a_dead_next_hop_and_goes_when_it_is_back(net: Net) -> None:
    message = net.send("b@dead.test")
    deferred = net.wait_until_told(message, Deferred)
    assert deferred.recipients == ("b@dead.test",)
    (attempt, *_) = net.attempts(message)
    assert (attempt.local, attempt.stage, attempt.outcome) == (True, "connect", "deferred")
    assert "Connection refused" in attempt.reply.text
    assert attempt.reply.code == 450
    with net.hop("dead") as hop:  # a next hop that could not be reached rests for fifteen seconds
        assert hop.wait_for(1, 40)
        net.wait_until_delivered(message)
    assert len(hop.messages) == 1


def test_each_recipient_fares_by_its_own_reply_and_the_author_is_told_of_the_failure(net: Net) -> None:
    later: list[bytes] = [b"451 4.2.1 mailbox busy"]

    def says(line: bytes, talk: Talk) -> bytes | None:
        if b"<no@" in line:
            return b"550 5.1.1 <no@each.test>: no such user here"
        return later.pop() if b"<later@" in line and later else None

    with net.hop("each", says) as hop, net.hop("author") as author:
        message = net.send("yes@each.test", "no@each.test", "later@each.test")
        (first, second) = hop.wait_for(2)
        (report,) = author.wait_for(1)
    assert (first.recipients, second.recipients) == (("yes@each.test",), ("later@each.test",))
    assert first.below_trace == second.below_trace == CONTENT
    fates = {attempt.recipients[0]: attempt.outcome for attempt in net.attempts(message)[:3]}
    assert fates == {"yes@each.test": "delivered", "no@each.test": "failed", "later@each.test": "deferred"}
    bounced = net.wait_until_told(message, Bounced)
    assert bounced.recipients == ("no@each.test",)
    assert_report(report.content, message)
    assert report.reverse_path == ""
    assert report.recipients == ("author@author.test",)
    net.wait_until_delivered(bounced.notice)


def assert_report(content: bytes, message: str) -> None:
    """Read a delivery report as a mail program would (RFC 3464)."""
    parsed = email.message_from_bytes(content, policy=email.policy.default)
    assert parsed.get_content_type() == "multipart/report"
    assert parsed.get_param("report-type") == "delivery-status"
    assert parsed["Auto-Submitted"] == "auto-replied"
    assert "author@author.test" in parsed["To"]
    assert parsed.defects == []
    words, status, original = parsed.iter_parts()
    assert words.get_content_type() == "text/plain"
    assert "no such user here" in str(words)
    assert status.get_content_type() == "message/delivery-status"
    about_message, about_recipient = (part for part in status.get_payload() if isinstance(part, Message))
    assert about_message["Reporting-MTA"] == "dns; gateway.test"
    assert about_recipient["Final-Recipient"] == "rfc822; no@each.test"
    assert about_recipient["Action"] == "failed"
    assert about_recipient["Status"] == "5.1.1"
    assert "550 5.1.1" in about_recipient["Diagnostic-Code"]
    assert about_recipient["Remote-MTA"]
    assert original.get_content_type() in {"text/rfc822-headers", "message/rfc822"}
    assert "Subject: One" in original.as_string()
    assert message in parsed.as_string()


def test_a_message_from_the_null_reverse_path_gets_no_report(net: Net) -> None:
    with net.hop("null", lambda line, talk: b"550 5.7.1 never" if line[:4] == b"RCPT" else None) as hop:
        message = net.send("b@null.test", sender="")
        bounced = net.wait_until_told(message, Bounced)
    assert bounced.notice == ""
    assert bounced.recipients == ("b@null.test",)
    assert hop.messages == []
    assert wait_until(lambda: not waits(net, message))
    reports = [r for r in records(net.gateway.data_dir / "journal") if getattr(r, "notice_of", "") == message]
    assert reports == []


def waits(net: Net, message: str) -> bool:
    reader = open_reader(net.gateway.data_dir / "spool/0")
    try:
        return reader.get(message) is not None
    finally:
        reader.close()


def test_lmtp_gives_each_recipient_its_own_answer_to_the_content(net: Net) -> None:
    left = [b"250 2.0.0 stored\r\n552 5.2.2 over quota\r\n451 4.3.0 try later"]

    def says(line: bytes, talk: Talk) -> bytes | None:
        return left.pop() if line == b"." and left else None

    with net.hop("lmtp", says, lmtp=True) as hop:
        message = net.send("in@lmtp.test", "full@lmtp.test", "later@lmtp.test", sender="")
        (first, second) = hop.wait_for(2)
    assert (first.recipients, second.recipients) == (("in@lmtp.test",), ("later@lmtp.test",))
    fates = {attempt.recipients[0]: attempt.outcome for attempt in net.attempts(message)[:3]}
    assert fates == {"in@lmtp.test": "delivered", "full@lmtp.test": "failed", "later@lmtp.test": "deferred"}
    assert b"LHLO gateway.test" in hop.lines


def test_a_connection_that_was_closed_while_idle_costs_nothing(net: Net) -> None:
    with net.hop("stale") as hop:
        net.wait_until_delivered(net.send("b@stale.test"))
        hop.drop_connections()
        message = net.send("c@stale.test")
        assert [m.connection for m in hop.wait_for(2)] == [0, 1]
    net.wait_until_delivered(message)
    assert [attempt.outcome for attempt in net.attempts(message)] == ["delivered"]


def test_a_kept_connection_that_dies_at_the_next_mail_command_costs_nothing_either(net: Net) -> None:
    def says(line: bytes, talk: Talk) -> bytes | None:
        return CLOSE if line[:4] == b"MAIL" and talk.messages else None

    with net.hop("dropped", says) as hop:
        net.wait_until_delivered(net.send("b@dropped.test"))
        message = net.send("c@dropped.test")
        assert [m.connection for m in hop.wait_for(2)] == [0, 1]
    net.wait_until_delivered(message)
    assert [attempt.outcome for attempt in net.attempts(message)] == ["delivered"]


def test_a_next_hop_that_speaks_no_smtp_in_answers_defers_the_mail(net: Net) -> None:
    with net.hop("babble", once(b"MAIL", b"\x00\xff what do you mean?")) as hop:
        message = net.send("b@babble.test")
        net.wait_until_delivered(message)
    assert [attempt.outcome for attempt in net.attempts(message)] == ["deferred", "delivered"]
    assert "does not speak SMTP" in net.attempts(message)[0].reply.text
    assert len(hop.messages) == 1


def test_a_421_in_the_middle_defers_the_mail(net: Net) -> None:
    with net.hop("bye", once(b"RCPT", b"421 4.3.2 going down")) as hop:
        message = net.send("b@bye.test")
        net.wait_until_delivered(message)
    first, *rest = net.attempts(message)
    assert (first.outcome, first.reply.code, first.reply.text) == ("deferred", 421, "going down")
    assert [attempt.outcome for attempt in rest] == ["delivered"]
    assert len(hop.messages) == 1


def test_a_connection_that_ends_after_the_final_dot_defers_the_mail(net: Net) -> None:
    with net.hop("cut", once(b".", CLOSE)) as hop:
        message = net.send("b@cut.test")
        net.wait_until_delivered(message)
    # Whether the first was taken cannot be known (RFC 1047): two dots came, and that is how it must be.
    assert hop.lines.count(b".") == 2
    assert [attempt.outcome for attempt in net.attempts(message)] == ["deferred", "delivered"]


def test_a_next_hop_that_hangs_is_left_after_the_reply_timeout(net: Net) -> None:
    with net.hop("hang", once(b"DATA", HANG)) as hop:
        message = net.send("b@hang.test")
        net.wait_until_delivered(message)
    first, *_ = net.attempts(message)
    assert (first.outcome, first.local) == ("deferred", True)
    assert "did not answer in time" in first.reply.text
    assert len(hop.messages) == 1


def test_greylisting_is_waited_out(net: Net) -> None:
    with net.hop("greylist", once(b"RCPT", b"451 4.7.1 Greylisted, see you in 1 second")) as hop:
        message = net.send("b@greylist.test")
        net.wait_until_delivered(message)
    assert net.wait_until_told(message, Deferred).cause == "greylist"
    assert len(hop.messages) == 1


def test_five_megabytes_arrive_octet_by_octet(net: Net) -> None:
    content = b"Subject: Large\r\n\r\n" + b"".join(
        b".%d %s\r\n" % (n, b"\xc3\xa9" * 90) for n in range(27_000)
    )
    assert len(content) > 5_000_000
    with net.hop("large") as hop:
        message = net.send("b@large.test", content=content)
        (taken,) = hop.wait_for(1)
    assert taken.gateway_id == message
    assert taken.below_trace == content
    assert "BODY=8BITMIME" in taken.parameters


def test_a_message_for_two_domains_goes_to_both_next_hops(net: Net) -> None:
    with net.hop("one") as one, net.hop("two") as two:
        message = net.send("a@one.test", "b@two.test", "c@one.test")
        (at_one,), (at_two,) = one.wait_for(1), two.wait_for(1)
    assert (at_one.recipients, at_two.recipients) == (("a@one.test", "c@one.test"), ("b@two.test",))
    assert at_one.content == at_two.content
    assert wait_until(lambda: len(net.attempts(message)) == 2)
    assert {attempt.outcome for attempt in net.attempts(message)} == {"delivered"}


def test_mail_without_a_next_hop_is_held_with_the_reason(net: Net) -> None:
    message = net.send("b@nowhere.test")
    held = net.wait_until_told(message, HeldBack)
    assert held.recipients == ("b@nowhere.test",)
    assert held.reason == "no next hop is named for nowhere.test"
    reader = open_reader(net.gateway.data_dir / "spool/0")
    assert wait_until(lambda: any(one.message.id == message for one in reader.held()))
    reader.close()
    assert net.attempts(message) == []


def test_what_has_a_next_hop_goes_and_what_has_none_is_held(net: Net) -> None:
    with net.hop("two") as two:
        message = net.send("a@nowhere.test", "b@two.test")
        (taken,) = two.wait_for(1)
    assert taken.recipients == ("b@two.test",)
    assert net.wait_until_told(message, HeldBack).recipients == ("a@nowhere.test",)


@pytest.fixture
def authority() -> trustme.CA:
    return trustme.CA()


def certified(authority: trustme.CA, name: str) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert(name).configure_cert(context)
    return context


def test_tls_is_used_when_it_is_offered_even_with_a_certificate_nobody_vouches_for(
    net: Net, authority: trustme.CA
) -> None:
    with net.hop("opportunistic", tls=certified(authority, "elsewhere.test")) as hop:
        attempt = net.wait_until_delivered(net.send("b@opportunistic.test"))
    assert attempt.tls.startswith("TLSv1.3 ")
    assert hop.talks[0].tls
    assert [line[:4] for line in hop.lines[:3]] == [b"EHLO", b"STAR", b"EHLO"]


def test_where_tls_is_a_must_a_next_hop_without_a_valid_certificate_gets_no_mail(
    free_port: Callable[[], int], authority: trustme.CA, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    authority.cert_pem.write_to_path(str(tmp_path / "ca.pem"))
    monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path / "ca.pem"))
    net = Net(free_port, ("valid", "wrong", "plain"), DELIVERY | {"starttls": "must", "retry": [60]})
    with (
        net.hop("valid", tls=certified(authority, HOST)) as valid,
        net.hop("wrong", tls=certified(authority, "elsewhere.test")) as wrong,
        net.hop("plain") as plain,
        net.gateway,
    ):
        sent = {name: net.send(f"b@{name}.test") for name in ("valid", "wrong", "plain")}
        assert net.wait_until_delivered(sent["valid"]).tls
        for name in ("wrong", "plain"):
            net.wait_until_told(sent[name], Deferred)
            assert net.attempts(sent[name])[0].local
        assert "TLS handshake failed" in net.attempts(sent["wrong"])[0].reply.text
        assert "Traceback" not in net.gateway.output.read_text()
    assert [len(hop.messages) for hop in (valid, wrong, plain)] == [1, 0, 0]
    assert b"MAIL" not in {line[:4] for line in wrong.lines + plain.lines}


@pytest.mark.peer("dovecot")
def test_dovecot_gets_mail_over_lmtp_by_tcp_one_copy_for_each_recipient(
    free_port: Callable[[], int], dovecot: Dovecot
) -> None:
    domain = {"name": "box.test", "next_hop": [f"lmtp:{dovecot.address}"]}
    with Gateway(free_port(), settings={"domain": [domain]}) as gateway, Client(gateway.port) as client:
        client.send("author@author.test", ("u1@box.test", "u2@box.test"), CONTENT)
        client.close()
        for user in ("u1@box.test", "u2@box.test"):
            (stored,) = dovecot.wait_for(user, 1)
            assert stored.endswith(CONTENT.replace(b"\r\n", b"\n"))
