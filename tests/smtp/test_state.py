"""The table says of every state and command what happens, and the protocol does just that."""

from __future__ import annotations

from typing import get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gatepost.reply import catalogue
from gatepost.reply.entry import Entry
from gatepost.smtp.command import (
    Command,
    Data,
    Ehlo,
    Mail,
    Malformed,
    Quit,
    Rcpt,
    Rset,
    StartTls,
    parse_command,
)
from gatepost.smtp.server import EndOfContent, Fault, Limits, ServerProtocol
from gatepost.smtp.state import TABLE, State, diagram

LINES = {
    Ehlo: b"EHLO client.example",
    Mail: b"MAIL FROM:<a@b>",
    Rcpt: b"RCPT TO:<c@d>",
    Data: b"DATA",
    Rset: b"RSET",
    Quit: b"QUIT",
    StartTls: b"STARTTLS",
}
LINES |= {
    kind: {"Noop": b"NOOP", "Vrfy": b"VRFY x", "Expn": b"EXPN x", "Help": b"HELP"}[kind.__name__]
    for kind in get_args(Command)
    if kind not in LINES
}
WAYS = {
    State.START: (),
    State.READY: (Ehlo,),
    State.MAIL: (Ehlo, Mail),
    State.RCPT: (Ehlo, Mail, Rcpt),
}
YES = catalogue.NOOP_OK.reply()
NO = catalogue.SPOOL_FULL.reply()


def fresh() -> ServerProtocol:
    protocol = ServerProtocol(host="mx.example", session="s", limits=Limits(), starttls=True)
    protocol.greet(catalogue.GREETING.reply("s", host="mx.example"))
    return protocol


def in_state(state: State) -> ServerProtocol:
    protocol = fresh()
    for kind in WAYS[state]:
        protocol.receive(LINES[kind] + b"\r\n")
        assert type(protocol.next_event()) is kind
        protocol.answer(YES)
    assert protocol.state is state
    return protocol


CELLS = [(state, kind) for state in TABLE for kind in TABLE[state]]


def test_the_table_has_a_cell_for_every_state_and_command() -> None:
    assert set(TABLE) == {State.START, State.READY, State.MAIL, State.RCPT}
    for row in TABLE.values():
        assert set(row) == set(get_args(Command))


@pytest.mark.parametrize(("state", "kind"), CELLS, ids=str)
def test_a_positive_answer_leads_where_the_table_says(state: State, kind: type[Command]) -> None:
    protocol = in_state(state)
    protocol.receive(LINES[kind] + b"\r\n")
    event = protocol.next_event()
    target = TABLE[state][kind]
    if isinstance(target, Entry):
        assert isinstance(event, Fault)
        assert event.reply.entry == target.id
        protocol.answer(event.reply)
        assert protocol.state is state
    else:
        assert type(event) is kind
        protocol.answer(YES)
        assert protocol.state is target


@pytest.mark.parametrize(("state", "kind"), CELLS, ids=str)
def test_a_negative_answer_changes_nothing_and_421_closes(state: State, kind: type[Command]) -> None:
    for reply, expected in (
        (NO, state),
        (catalogue.INTERNAL_ERROR.reply("s", host="mx.example"), State.CLOSED),
    ):
        protocol = in_state(state)
        protocol.receive(LINES[kind] + b"\r\n")
        assert protocol.next_event() is not None
        protocol.answer(reply)
        assert protocol.state is expected


@given(st.lists(st.tuples(st.sampled_from(list(LINES)), st.booleans()), max_size=40))
def test_any_walk_stays_on_the_table(walk: list[tuple[type[Command], bool]]) -> None:
    protocol = fresh()
    state = State.START
    for kind, positive in walk:
        if state is State.CONTENT:
            protocol.receive(b".\r\n")
            assert isinstance(protocol.next_event(), EndOfContent)
            protocol.answer(YES if positive else NO)
            state = State.READY
        elif state is State.UPGRADE:
            assert protocol.next_event() is None
            protocol.tls_started("TLS")
            state = State.START
        assert protocol.state is state
        if state is State.CLOSED:
            break
        protocol.receive(LINES[kind] + b"\r\n")
        event = protocol.next_event()
        assert protocol.next_event() is None  # an answer is due first
        target = TABLE[state][kind]
        if kind is StartTls and protocol.tls:
            assert isinstance(event, Fault)
            assert event.reply.entry == "tls-twice"
            protocol.answer(event.reply)
        elif isinstance(target, Entry):
            assert event == Fault(target.reply("s"))
            protocol.answer(target.reply("s"))
        else:
            assert event == parse_command(LINES[kind])
            protocol.answer(YES if positive else NO)
            state = target if positive else state


def test_every_line_of_this_test_is_a_command() -> None:
    for kind, line in LINES.items():
        command = parse_command(line)
        assert not isinstance(command, Malformed)
        assert type(command) is kind


def test_the_diagram_names_every_state_command_and_refusal() -> None:
    drawn = diagram()
    assert "| EHLO, HELO | READY | READY | READY | READY |" in drawn
    assert "| DATA | 503 helo-first | 503 mail-first | 554 no-recipients | CONTENT |" in drawn
    assert "    RCPT --> CONTENT: DATA\n" in drawn
    assert "    UPGRADE --> START: TLS\n" in drawn
    assert all(state.upper() in drawn for state in State)
