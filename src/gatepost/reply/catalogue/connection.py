"""Replies that open a session, end it, or break it off."""

from __future__ import annotations

from typing import Final

from gatepost.reply.entry import Entry

GREETING: Final = Entry(
    id="greeting",
    code=220,
    enhanced="",
    text="{host} ESMTP Gatepost",
    stage="connect",
    when="A client connected and may begin.",
    why="The server speaks first in SMTP, and names itself.",
    sender_action="Nothing to do: go on with EHLO.",
    operator_action="Nothing to do. The host name shown is the one the gateway calls itself.",
    references=("RFC 5321 §3.1", "RFC 5321 §4.2"),
    fields=frozenset({"host"}),
)
CLOSING: Final = Entry(
    id="closing",
    code=221,
    enhanced="",
    text="{host} Service closing transmission channel",
    stage="quit",
    when="The client said QUIT; the connection closes after this reply.",
    why="An orderly end: both sides know that nothing more comes.",
    sender_action="Nothing to do.",
    operator_action="Nothing to do.",
    references=("RFC 5321 §4.1.1.10",),
    fields=frozenset({"host"}),
)
CONNECTIONS_ALL: Final = Entry(
    id="connections-all",
    code=421,
    enhanced="4.3.2",
    text="{host} has too many connections; try again later",
    stage="connect",
    when="A client connected while the gateway had as many connections as it may have.",
    why="The number of connections is limited so that memory and the sessions already running stay safe.",
    sender_action="Nothing to do: mail servers keep the message and try again by themselves.",
    operator_action=(
        "If this comes often, look in the journal who holds the connections; raise "
        "reception.max_connections if it is honest mail and the machine has room."
    ),
    references=("RFC 5321 §3.8", "RFC 5321 §4.2.2"),
    cause="system_temp",
    side="gateway",
    fields=frozenset({"host"}),
)
CONNECTIONS_CLIENT: Final = Entry(
    id="connections-client",
    code=421,
    enhanced="4.7.0",
    text="{host}: too many connections from {client}",
    stage="connect",
    when="A client connected while it already had as many connections as one client may have.",
    why="One client must not take all the places, whether by mistake or on purpose.",
    sender_action=(
        "Use fewer connections at a time and send several messages on each; the messages are tried again "
        "by themselves."
    ),
    operator_action=(
        "If the client is your own server or a busy partner, raise reception.max_connections_per_client."
    ),
    references=("RFC 5321 §3.8", "RFC 5321 §4.2.2"),
    cause="rate_limit",
    side="sender",
    fields=frozenset({"client", "host"}),
)
NO_SERVICE: Final = Entry(
    id="no-service",
    code=554,
    enhanced="5.3.2",
    text="{host}: no SMTP service for {client}",
    stage="connect",
    when="A client that is not in the relay networks connected to a relay listener.",
    why=(
        "A relay listener sends mail out for your own servers; open to anyone, it would send spam in "
        "your name."
    ),
    sender_action=(
        "Connect from a permitted address, or use the server that the MX record of the recipient's "
        "domain names."
    ),
    operator_action=(
        "If the client is yours, add its network to relay_networks; if not, this is as it should be."
    ),
    references=("RFC 5321 §3.1", "RFC 7504 §4"),
    cause="host_not_accepting",
    side="sender",
    fields=frozenset({"client", "host"}),
)
COMMAND_TIMEOUT: Final = Entry(
    id="command-timeout",
    code=421,
    enhanced="4.4.2",
    text="{host}: no command for {seconds} seconds",
    stage="any",
    when="The client was silent for longer than the gateway waits for a command or for more content.",
    why="A silent connection holds a place that another client could use.",
    sender_action=(
        "Nothing to do if it is rare; the message is tried again. If it repeats, look for a firewall or "
        "a network path between the two hosts that loses large packets."
    ),
    operator_action="If honest clients meet it, raise reception.command_timeout; RFC 5321 advises 5 minutes.",
    references=("RFC 5321 §3.8", "RFC 5321 §4.5.3.2.7"),
    cause="network",
    side="sender",
    fields=frozenset({"host", "seconds"}),
)
TRANSACTION_TIMEOUT: Final = Entry(
    id="transaction-timeout",
    code=421,
    enhanced="4.4.2",
    text="{host}: the transaction took more than {seconds} seconds",
    stage="any",
    when="One message took longer, from MAIL to its end, than the gateway allows.",
    why=(
        "A client that sends a few octets now and then would never meet the limit per command and stay "
        "for ever."
    ),
    sender_action="Send over a faster line, or make the message smaller; it is tried again by itself.",
    operator_action="If slow but honest clients meet it, raise reception.transaction_timeout.",
    references=("RFC 5321 §3.8",),
    cause="network",
    side="sender",
    fields=frozenset({"host", "seconds"}),
)
ERRORS_LIMIT: Final = Entry(
    id="errors-limit",
    code=421,
    enhanced="4.7.0",
    text="{host}: {count} refused commands are too many",
    stage="any",
    when="The gateway refused so many commands of one session that it ended it.",
    why="A client that goes on after many refusals is guessing addresses, or is broken.",
    sender_action="Look at the refusals before this one: they hold the reason. Mend that, then send again.",
    operator_action=(
        "The journal has each refusal of the session. If an honest client meets it, say because of a "
        "list with many dead addresses, raise reception.max_errors."
    ),
    references=("RFC 5321 §3.8", "RFC 5321 §7.8"),
    cause="protocol_error",
    side="sender",
    fields=frozenset({"count", "host"}),
)
COMMANDS_LIMIT: Final = Entry(
    id="commands-limit",
    code=421,
    enhanced="4.7.0",
    text="{host}: {count} commands in one session are too many",
    stage="any",
    when="One session gave more commands than the gateway takes in a session.",
    why=(
        "A session without end holds a place for ever, and commands that send no mail cost work all the same."
    ),
    sender_action="Open a new connection for the next messages; what was answered with 250 is safe.",
    operator_action=(
        "If a server of yours sends long runs of mail on one connection, raise reception.max_commands."
    ),
    references=("RFC 5321 §3.8", "RFC 5321 §7.8"),
    cause="rate_limit",
    side="sender",
    fields=frozenset({"count", "host"}),
)
SHUTTING_DOWN: Final = Entry(
    id="shutting-down",
    code=421,
    enhanced="4.3.2",
    text="{host} is shutting down; connect again",
    stage="any",
    when="The gateway was told to stop, or to start anew, while this session was open.",
    why="Sessions get a clear end rather than a cut connection, so the client knows to try again.",
    sender_action="Nothing to do: the message is tried again by itself.",
    operator_action=(
        "Expected during a restart. If nobody asked for one, look in the journal why the gateway stopped."
    ),
    references=("RFC 5321 §3.8", "RFC 5321 §4.2.2"),
    cause="system_temp",
    side="gateway",
    fields=frozenset({"host"}),
)
INTERNAL_ERROR: Final = Entry(
    id="internal-error",
    code=421,
    enhanced="4.3.0",
    text="{host}: internal error, please try again later",
    stage="any",
    when="Something failed inside the gateway that it does not know how to answer better.",
    why="The session ends, nothing is accepted, and the client keeps the message: so nothing is lost.",
    sender_action="Nothing to do: the message is tried again by itself.",
    operator_action=(
        "This is a fault of the gateway. The log at this time has the details; please report it with the "
        "id in the reply."
    ),
    references=("RFC 5321 §3.8", "RFC 5321 §4.2.2"),
    cause="system_temp",
    side="gateway",
    fields=frozenset({"host"}),
)
