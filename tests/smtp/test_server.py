"""The server's dialogue: whole, octet by octet and in random chunks it comes to the same."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gatepost.mail.path import Mailbox
from gatepost.reply import catalogue
from gatepost.smtp.command import Data, Ehlo, Mail, Noop, Quit, Rcpt, StartTls
from gatepost.smtp.server import Chunk, EndOfContent, Fault, Limits, ServerProtocol
from gatepost.smtp.state import State

EHLO = b"EHLO client.example\r\n"
UP_TO_DATA = EHLO + b"MAIL FROM:<a@b>\r\nRCPT TO:<c@d>\r\nDATA\r\n"


def test_a_whole_dialogue_gives_its_events_in_order(make_server) -> None:
    server = make_server()
    codes = server.codes(UP_TO_DATA + b"Subject: x\r\n\r\n..dot\r\ntext\r\n.\r\nQUIT\r\n")
    assert codes == [250, 250, 250, 354, 250, 221]
    assert server.contents == [b"Subject: x\r\n\r\n.dot\r\ntext\r\n"]
    assert server.events == [
        Ehlo("client.example"),
        Mail(Mailbox("a@b", "b")),
        Rcpt(Mailbox("c@d", "d")),
        Data(),
        EndOfContent(len(server.contents[0])),
        Quit(),
    ]
    assert server.protocol.ended
    assert server.protocol.buffered == 0


def test_messages_follow_one_another_in_one_session(make_server) -> None:
    server = make_server()
    one = b"MAIL FROM:<a@b>\r\nRCPT TO:<c@d>\r\nDATA\r\n%d\r\n.\r\n"
    assert server.codes(EHLO + b"".join(one % number for number in range(5))).count(354) == 5
    assert server.contents == [b"%d\r\n" % number for number in range(5)]
    assert server.protocol.state is State.READY


def test_an_empty_content_is_a_content(make_server) -> None:
    server = make_server()
    server.feed(UP_TO_DATA + b".\r\n")
    assert server.contents == [b""]
    assert server.events[-1] == EndOfContent(0)


def test_the_name_of_the_client_counts_once_it_was_taken(make_server) -> None:
    server = make_server()
    server.refuse[Ehlo] = catalogue.BAD_HELO.reply()
    server.feed(EHLO)
    assert (server.protocol.helo, server.protocol.extended) == ("", False)
    server.refuse.clear()
    server.feed(b"HELO old.example\r\n")
    assert (server.protocol.helo, server.protocol.extended) == ("old.example", False)
    server.feed(EHLO)
    assert (server.protocol.helo, server.protocol.extended) == ("client.example", True)


def test_a_refused_content_ends_the_transaction_too(make_server) -> None:
    server = make_server()
    server.refuse[EndOfContent] = catalogue.SPOOL_FAILED.reply()
    assert server.entries(UP_TO_DATA + b".\r\nRCPT TO:<c@d>\r\n")[-2:] == ["spool-failed", "mail-first"]


def test_refused_recipients_leave_the_transaction_without(make_server) -> None:
    server = make_server()
    server.refuse[Rcpt] = catalogue.RELAY_DENIED.reply(recipient="c@d")
    assert server.entries(UP_TO_DATA)[-2:] == ["relay-denied", "no-recipients"]
    server.refuse.clear()
    assert server.entries(b"RCPT TO:<c@d>\r\nDATA\r\n") == ["rcpt-ok", "data-go"]


def test_a_refused_data_command_leaves_the_dialogue_in_step(make_server) -> None:
    server = make_server()
    server.refuse[Data] = catalogue.SPOOL_FULL.reply()
    assert server.entries(UP_TO_DATA + b"RSET\r\nNOOP\r\n")[-3:] == ["spool-full", "reset-ok", "noop-ok"]


def test_a_greeting_other_than_220_closes() -> None:
    protocol = ServerProtocol(host="h", session="s", limits=Limits())
    assert protocol.greet(catalogue.CONNECTIONS_ALL.reply("s", host="h")).startswith(b"421 4.3.2 ")
    protocol.receive(b"QUIT\r\n")
    assert protocol.ended
    assert protocol.next_event() is None
    assert protocol.buffered == 0


def test_nothing_is_read_before_the_greeting(cut) -> None:
    protocol = ServerProtocol(host="h", session="s", limits=Limits())
    for piece in cut(b"NOOP\r\n"):
        protocol.receive(piece)
        assert protocol.next_event() is None
    protocol.greet(catalogue.GREETING.reply("s", host="h"))
    assert protocol.next_event() == Noop()


def test_421_may_be_said_at_any_time() -> None:
    for octets in (b"", EHLO, UP_TO_DATA, UP_TO_DATA + b"text"):
        protocol = ServerProtocol(host="h", session="s", limits=Limits())
        protocol.greet(catalogue.GREETING.reply("s", host="h"))
        protocol.receive(octets)
        while protocol.next_event() is not None and protocol.state is not State.CONTENT:
            protocol.answer(catalogue.DATA_GO.reply())
        protocol.answer(catalogue.SHUTTING_DOWN.reply("s", host="h"))
        assert protocol.ended
        assert protocol.next_event() is None


def test_an_answer_to_nothing_is_a_mistake_of_the_caller() -> None:
    protocol = ServerProtocol(host="h", session="s", limits=Limits())
    protocol.greet(catalogue.GREETING.reply("s", host="h"))
    with pytest.raises(RuntimeError, match="answers nothing"):
        protocol.answer(catalogue.NOOP_OK.reply())
    with pytest.raises(RuntimeError, match="no TLS"):
        protocol.tls_started("TLS")


# -- command lines ---------------------------------------------------------------------------------------


def test_pipelined_commands_come_one_by_one(cut) -> None:
    protocol = ServerProtocol(host="h", session="s", limits=Limits())
    protocol.greet(catalogue.GREETING.reply("s", host="h"))
    for piece in cut(b"NOOP\r\nNOOP\r\nQUIT\r\n"):
        protocol.receive(piece)
    for expected in (Noop(), Noop(), Quit()):
        assert protocol.next_event() == expected
        assert protocol.next_event() is None
        protocol.answer(catalogue.NOOP_OK.reply())
    assert protocol.next_event() is None


@pytest.mark.parametrize(
    "line",
    [
        b"NOOP\n",
        b"\n",
        b"NOOP a\nb",
        b"NOOP a\n\rb\n",
        b"NO\rOP",
        b"NOOP\r",
        b"\rNOOP",
        b"NOOP \0",
        b"RSET\nRSET",
    ],
)
def test_a_line_with_a_bare_cr_lf_or_nul_is_refused_once_and_as_a_whole(make_server, line: bytes) -> None:
    server = make_server()
    assert server.entries(line + b"\r\nQUIT\r\n") == ["command-line-end", "closing"]


def test_a_bare_lf_is_refused_before_the_crlf_comes(make_server) -> None:
    server = make_server()
    assert server.entries(b"EHLO client.example\n") == ["command-line-end"]
    assert server.entries(b"MAIL FROM:<a@b>\nRCPT TO:<c@d>\n") == []
    assert server.entries(b"\r\nNOOP\r\n") == ["noop-ok"]


@pytest.mark.parametrize(("length", "entries"), [(100, ["noop-ok"]), (101, ["command-too-long"])])
def test_the_longest_line_is_taken_and_one_octet_more_is_not(
    make_server, length: int, entries: list[str]
) -> None:
    server = make_server(limits=Limits(command_line=100))
    line = b"NOOP ".ljust(length - 2, b"x") + b"\r\n"
    assert server.entries(line) == entries
    assert server.entries(b"RSET\r\n") == ["reset-ok"]


@pytest.mark.parametrize("tail", [b"\r\n", b"\r\r\n", b"\n\r\n", b"x\nRSET\nRSET\r\n"])
@pytest.mark.parametrize("length", [98, 99, 100, 101, 250, 5000])
def test_a_line_that_is_too_long_is_skipped_to_its_crlf(make_server, length: int, tail: bytes) -> None:
    server = make_server(limits=Limits(command_line=100))
    entries = server.entries(b"NOOP ".ljust(length, b"x") + tail + b"QUIT\r\n")
    assert entries[1:] == ["closing"]
    assert entries[0] in ("command-too-long", "command-line-end", "noop-ok")
    assert server.protocol.buffered == 0


def test_a_line_without_end_is_answered_once_and_not_kept(make_server) -> None:
    server = make_server()
    assert server.entries(b"x" * 10_000) == ["command-too-long"]
    assert server.protocol.buffered == 0


def test_the_last_line_is_shown_printable_and_cut(make_server) -> None:
    server = make_server()
    server.feed(b"NOOP caf\xc3\xa9 \xff\x1b[31m\xe2\x80\xae\r\n")
    assert server.protocol.line == "NOOP café ??[31m?"
    server.feed(b"NOOP " + b"x" * 1000 + b"\r\n")
    assert server.protocol.line == "NOOP " + "x" * 507
    server.feed(b"NOOP\nx\r\n")
    assert server.protocol.line == "NOOP"
    server.feed(b"y" * 3000 + b"\r\n")
    assert server.protocol.line == "y" * 512


@pytest.mark.parametrize(
    ("parameters", "entries"), [(b" SMTPUTF8", ["mail-ok", "rcpt-ok"]), (b"", ["mail-ok", "smtputf8-needed"])]
)
def test_a_wide_recipient_needs_smtputf8_said_by_mail(
    make_server, parameters: bytes, entries: list[str]
) -> None:
    server = make_server()
    server.feed(EHLO)
    lines = b"MAIL FROM:<a@b>" + parameters + b"\r\nRCPT TO:<\xc3\xbc@d>\r\n"
    assert server.entries(lines) == entries
    server.feed(b"RSET\r\nMAIL FROM:<a@b>\r\n")
    assert server.entries("RCPT TO:<ü@d>\r\n".encode()) == ["smtputf8-needed"]


# -- content ---------------------------------------------------------------------------------------------


def test_a_small_content_read_at_once_is_one_chunk() -> None:
    protocol = ServerProtocol(host="h", session="s", limits=Limits())
    protocol.greet(catalogue.GREETING.reply("s", host="h"))
    protocol.receive(UP_TO_DATA)
    while (event := protocol.next_event()) is not None:
        protocol.answer(catalogue.DATA_GO.reply() if isinstance(event, Data) else catalogue.NOOP_OK.reply())
    protocol.receive(b"x\r\n" * 3000 + b".\r\nQUIT\r\n")
    assert protocol.next_event() == Chunk(b"x\r\n" * 3000)
    assert protocol.next_event() == EndOfContent(9000)
    assert protocol.next_event() is None
    protocol.answer(catalogue.MESSAGE_ACCEPTED.reply())
    assert protocol.next_event() == Quit()


@pytest.mark.parametrize("bad", [b"a\nb", b"a\rb", b"\n", b"\r", b"a\n.\nb", b"\n.\r\n\r", b".\n", b".\r\r"])
def test_a_bare_cr_or_lf_is_refused_after_the_true_end(make_server, bad: bytes) -> None:
    server = make_server()
    smuggled = b"\r\nMAIL FROM:<x@y>\r\n"
    assert server.entries(UP_TO_DATA + bad + smuggled + b".\r\nNOOP\r\n")[-2:] == [
        "content-line-end",
        "noop-ok",
    ]


def test_a_nul_in_content_is_passed_on(make_server) -> None:
    server = make_server()
    server.feed(UP_TO_DATA + b"\0\r\n.\r\n")
    assert (server.contents, server.faults) == ([b"\0\r\n"], [None])


@pytest.mark.parametrize(("size", "entry"), [(1000, "message-accepted"), (1001, "size-exceeded")])
def test_the_largest_content_is_taken_and_one_octet_more_is_not(make_server, size: int, entry: str) -> None:
    server = make_server(limits=Limits(size=1000))
    content = (b"." + b"x" * 96 + b"\r\n") * 10 + b"x" * (size - 992) + b"\r\n"
    assert len(content) == size
    assert (
        server.entries(UP_TO_DATA + content.replace(b"\r\n.", b"\r\n..").replace(b".", b"..", 1) + b".\r\n")[
            -1
        ]
        == entry
    )
    if entry == "message-accepted":
        assert server.contents == [content]
    assert server.events[-1].size == size


def test_a_line_over_the_limit_is_refused_at_the_end(make_server) -> None:
    server = make_server(limits=Limits(text_line=100))
    octets = (
        UP_TO_DATA
        + b"x" * 98
        + b"\r\n.\r\nMAIL FROM:<a@b>\r\nRCPT TO:<c@d>\r\nDATA\r\n"
        + b"x" * 99
        + b"\r\n.\r\n"
    )
    entries = [
        entry for entry in server.entries(octets) if entry in ("message-accepted", "content-line-too-long")
    ]
    assert entries == ["message-accepted", "content-line-too-long"]


def test_of_several_faults_the_same_is_named_in_every_cut(make_server) -> None:
    server = make_server(limits=Limits(size=1000, text_line=100))
    server.feed(UP_TO_DATA + b"a\nb" + b"x" * 200 + b"\r\n" + b"y\r\n" * 1000 + b".\r\n")
    assert server.faults[0] is not None
    assert server.faults[0].entry == "size-exceeded"


def test_no_chunk_comes_once_the_size_is_exceeded() -> None:
    protocol = ServerProtocol(host="h", session="s", limits=Limits(size=100))
    protocol.greet(catalogue.GREETING.reply("s", host="h"))
    protocol.receive(UP_TO_DATA)
    while protocol.next_event() is not None:
        protocol.answer(catalogue.DATA_GO.reply())
    given = 0
    for _ in range(50):
        protocol.receive(b"x" * 8 + b"\r\n")
        while (event := protocol.next_event()) is not None:
            assert isinstance(event, Chunk)
            given += len(event.data)
        assert protocol.buffered <= 2
    assert given == 100
    protocol.receive(b".\r\n")
    event = protocol.next_event()
    assert isinstance(event, EndOfContent)
    assert event.size == 500


# -- STARTTLS --------------------------------------------------------------------------------------------


def test_starttls_drops_what_was_known_and_what_was_buffered(make_server) -> None:
    server = make_server(starttls=True)
    assert "STARTTLS" in server.protocol.capabilities()
    server.feed(EHLO + b"MAIL FROM:<a@b>\r\n")
    protocol = server.protocol
    # The injected lines come in one read with STARTTLS, as an attacker in the middle would send them.
    protocol.receive(b"STARTTLS\r\nEHLO evil.example\r\nMAIL FROM:<evil@example.org>\r\n")
    assert protocol.next_event() == StartTls()
    protocol.answer(catalogue.TLS_GO.reply())
    assert protocol.next_event() is None
    assert protocol.buffered == 0
    protocol.tls_started("TLSv1.3 TEST")
    assert protocol.next_event() is None
    assert (protocol.helo, protocol.extended, protocol.tls) == ("", False, "TLSv1.3 TEST")
    assert "STARTTLS" not in protocol.capabilities()
    assert server.entries(b"MAIL FROM:<a@b>\r\n" + EHLO + b"RCPT TO:<c@d>\r\nSTARTTLS\r\n") == [
        "helo-first",
        "ehlo-ok",
        "mail-first",
        "tls-twice",
    ]


def test_what_comes_under_tls_before_the_shell_says_so_waits(cut) -> None:
    # The first octets of a handshake's last flight may bring EHLO along.
    protocol = ServerProtocol(host="h", session="s", limits=Limits(), starttls=True)
    protocol.greet(catalogue.GREETING.reply("s", host="h"))
    protocol.receive(EHLO)
    protocol.next_event()
    protocol.answer(catalogue.NOOP_OK.reply())
    protocol.receive(b"STARTTLS\r\n")
    protocol.next_event()
    protocol.answer(catalogue.TLS_GO.reply())
    for piece in cut(EHLO):
        protocol.receive(piece)
        assert protocol.next_event() is None
    protocol.tls_started("")
    assert protocol.next_event() == Ehlo("client.example")
    assert protocol.tls


def test_a_refused_starttls_changes_nothing(make_server) -> None:
    server = make_server(starttls=True)
    server.refuse[StartTls] = catalogue.TLS_UNAVAILABLE.reply()
    assert server.entries(EHLO + b"STARTTLS\r\nMAIL FROM:<a@b>\r\n") == [
        "ehlo-ok",
        "tls-unavailable",
        "mail-ok",
    ]


def test_starttls_is_not_known_where_it_is_not_offered(make_server) -> None:
    server = make_server()
    assert "STARTTLS" not in server.protocol.capabilities()
    assert server.entries(EHLO + b"STARTTLS\r\n")[1] == "not-implemented"


# -- hostile input ---------------------------------------------------------------------------------------

lines = st.sampled_from(
    [
        b"EHLO a\r\n", b"HELO a\r\n", b"MAIL FROM:<a@b>\r\n", b"RCPT TO:<c@d>\r\n", b"DATA\r\n", b".\r\n", b"..\r\n",
        b"text\r\n", b"RSET\r\n", b"NOOP\r\n", b"STARTTLS\r\n", b"x\n", b"\r", b"\n", b".", b"\r\n", b"\0", b"y" * 70,
    ]
)  # fmt: skip


@given(st.lists(lines, max_size=40).map(b"".join), st.lists(st.integers(1, 50), max_size=40))
def test_the_cut_changes_nothing_for_any_octets(server_type, octets: bytes, sizes: list[int]) -> None:
    def cut_by_sizes(octets: bytes):
        position = 0
        for size in [*sizes, len(octets) + 1]:
            yield octets[position : position + size]
            position += size

    told = []
    for way in (None, cut_by_sizes):
        server = server_type() if way is None else server_type(way)
        server.greet()
        out = server.feed(octets)
        told.append(
            (out, server.events, server.contents if not any(server.faults) else None, server.protocol.state)
        )
    assert told[0] == told[1]


def test_megabytes_of_pipelined_commands_are_read_in_linear_time(make_server) -> None:
    server = make_server()
    server.cut = lambda octets: iter([octets])
    assert len(server.codes(b"NOOP\r\n" * 100_000)) == 100_000


def test_a_flood_that_comes_while_an_answer_is_due_is_read_in_linear_time() -> None:
    protocol = ServerProtocol(host="h", session="s", limits=Limits())
    protocol.greet(catalogue.GREETING.reply("s", host="h"))
    for _ in range(100_000):
        protocol.receive(b"NOOP\r")
        protocol.receive(b"\n")
    assert protocol.buffered == 600_000
    reply = catalogue.NOOP_OK.reply()
    for _ in range(100_000):
        assert isinstance(protocol.next_event(), Noop)
        protocol.answer(reply)
    assert protocol.next_event() is None


def test_content_with_a_dot_on_every_line_is_read_in_linear_time(make_server) -> None:
    server = make_server()
    server.feed(UP_TO_DATA)
    server.cut = lambda octets: (octets[at : at + 4096] for at in range(0, len(octets), 4096))
    server.feed(b"..\r\n" * 250_000 + b".\r\n")
    assert server.contents == [b".\r\n" * 250_000]


def test_content_of_bare_crs_octet_by_octet_is_read_in_linear_time() -> None:
    protocol = ServerProtocol(host="h", session="s", limits=Limits())
    protocol.greet(catalogue.GREETING.reply("s", host="h"))
    protocol.receive(UP_TO_DATA)
    while protocol.next_event() is not None:
        protocol.answer(catalogue.DATA_GO.reply())
    for _ in range(20_000):
        protocol.receive(b"\r")
        event = protocol.next_event()
        assert event is None or isinstance(event, Chunk)
        assert protocol.buffered <= 2


def test_a_fault_is_given_with_its_reply_ready(make_server) -> None:
    server = make_server()
    server.feed(b"FOO\r\n")
    assert server.events == [Fault(catalogue.COMMAND_UNKNOWN.reply("7zq4k0v3m8x2a"))]
