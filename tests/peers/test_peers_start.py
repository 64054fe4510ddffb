"""The private servers themselves: each starts, takes a message that another real program sends, and stops."""

from __future__ import annotations

import smtplib
import subprocess
from collections.abc import Callable

import pytest

from tests.peers import corpus as corpus_module
from tests.peers.corpus import COUNT, Message, as_sent
from tests.peers.dovecot import Dovecot
from tests.peers.postfix import Postfix
from tests.peers.server import HOST, living
from tests.peers.sink import Sink, send

CONTENT = (
    b"Received: from somewhere by elsewhere; Mon, 1 Jan 2024 00:00:00 +0000\n"
    b"Return-Path: <old@sender.test>\nBcc: hidden@recipient.test\nContent-Length: 3\n"
    b"Subject: =?broken\nContent-Type: text/plain; charset=latin1\n\n"
    b"caf\xe9\n..a dot\n" + b"x" * 5000 + b"\n"
)


@pytest.mark.peer("postfix")
def test_postfix_stores_octet_by_octet_what_it_was_sent(postfix: Postfix) -> None:
    with smtplib.SMTP(HOST, postfix.port) as client:
        client.ehlo()
        client.sendmail("a@sender.test", ["anyone@recipient.test"], as_sent(CONTENT), ["BODY=8BITMIME"])
    (stored,) = postfix.wait_for(1)
    assert stored.endswith(b"\n" + CONTENT), postfix.words()
    assert b"Delivered-To: anyone@recipient.test\n" in stored


@pytest.mark.peer("postfix")
def test_postfix_takes_internationalized_addresses(postfix: Postfix) -> None:
    with smtplib.SMTP(HOST, postfix.port) as client:
        client.ehlo()
        client.command_encoding = "utf-8"
        assert client.docmd("MAIL", "FROM:<grüße@sender.test> SMTPUTF8")[0] == 250
        assert client.docmd("RCPT", "TO:<käufer@recipient.test>")[0] == 250
        assert client.data(b"Subject: x\r\n\r\nx\r\n")[0] == 250
    assert len(postfix.wait_for(1)) == 1


@pytest.mark.peer("postfix", "smtp-sink", "smtp-source")
def test_postfix_relays_to_the_next_hop(free_port: Callable[[], int], sink: Sink) -> None:
    with Postfix(free_port(), next_hop=sink.address) as relay:
        send(relay.port, 5, sessions=2)
        assert sink.wait_for(5) == 5, relay.words()


@pytest.mark.peer("postfix", "swaks")
def test_swaks_sends_to_postfix(postfix: Postfix) -> None:
    command = ["swaks", "--server", postfix.address, "--from", "a@sender.test", "--to", "b@recipient.test"]
    done = subprocess.run(command, capture_output=True, timeout=30, check=False)
    assert done.returncode == 0, done.stdout
    assert b"This is a test mailing" in postfix.wait_for(1)[0]


@pytest.mark.peer("dovecot")
def test_dovecot_stores_octet_by_octet_what_it_was_sent_by_tcp(dovecot: Dovecot) -> None:
    with smtplib.LMTP(HOST, dovecot.port) as client:
        for user in ("u1@recipient.test", "u2@recipient.test"):
            client.sendmail("a@sender.test", [user], as_sent(CONTENT))
    for user in ("u1@recipient.test", "u2@recipient.test"):
        (stored,) = dovecot.wait_for(user, 1)
        assert stored.endswith(b"\n" + CONTENT), dovecot.words()


@pytest.mark.peer("dovecot")
def test_dovecot_takes_mail_by_its_unix_socket(dovecot: Dovecot) -> None:
    with smtplib.LMTP(str(dovecot.socket)) as client:
        client.sendmail("a@sender.test", ["u3@recipient.test"], as_sent(CONTENT))
    assert len(dovecot.wait_for("u3@recipient.test", 1)) == 1


@pytest.mark.peer("smtp-sink", "smtp-source")
def test_the_sink_counts_and_keeps(sink: Sink) -> None:
    send(sink.port, 20, sessions=3, size=2000)
    send(sink.port, 20, sessions=3, kept=True, size=2000)
    assert sink.wait_for(40) == 40
    assert len(sink.messages()) == 40


@pytest.mark.peer("smtp-sink", "smtp-source")
def test_the_sink_refuses_when_told_to(free_port: Callable[[], int]) -> None:
    with (
        Sink(free_port(), options=("-f", "RCPT")) as server,
        smtplib.SMTP(HOST, server.port) as client,
        pytest.raises(smtplib.SMTPRecipientsRefused),
    ):
        client.sendmail("a@sender.test", ["b@recipient.test"], b"x\r\n")


@pytest.mark.peer("postfix", "smtp-source")
def test_a_server_leaves_neither_process_nor_folder_behind(free_port: Callable[[], int]) -> None:
    with Postfix(free_port()) as server:
        group, folder = server.pid, server.folder
        send(server.port, 3)
        assert len(living(group)) > 3
    assert not living(group)
    assert not folder.exists()


@pytest.mark.peer("corpus")
def test_the_corpus_has_thousands_of_real_messages(corpus: list[Message]) -> None:
    assert len(corpus) == COUNT
    assert len({message.name for message in corpus}) == COUNT
    assert sum(any(octet > 127 for octet in message.content) for message in corpus) > 400
    assert not any(message.content.startswith(b"From ") for message in corpus)


@pytest.mark.peer("corpus")
def test_a_choice_from_the_corpus_holds_all_its_kinds() -> None:
    kinds = {message.name.partition("/")[0] for message in corpus_module.messages(50)}
    assert kinds == {"easy-ham-1", "easy-ham-2", "hard-ham-1", "spam-1", "spam-2"}
