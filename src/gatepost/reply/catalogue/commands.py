"""Replies to RSET, NOOP, HELP, VRFY and EXPN, and to lines that the gateway cannot obey."""

from __future__ import annotations

from typing import Final

from gatepost.reply.entry import Entry

RESET_OK: Final = Entry(
    id="reset-ok",
    code=250,
    enhanced="2.0.0",
    text="Transaction forgotten",
    stage="any",
    when="The client said RSET; sender, recipients and content of the open transaction are dropped.",
    why="The client wants to begin a new message on the same connection.",
    sender_action="Nothing to do.",
    operator_action="Nothing to do.",
    references=("RFC 5321 §4.1.1.5",),
)
NOOP_OK: Final = Entry(
    id="noop-ok",
    code=250,
    enhanced="2.0.0",
    text="Still here",
    stage="any",
    when="The client said NOOP, a command that does nothing.",
    why="Clients use it to see whether the connection still works.",
    sender_action="Nothing to do.",
    operator_action="Nothing to do.",
    references=("RFC 5321 §4.1.1.9",),
)
STATUS: Final = Entry(
    id="status",
    code=211,
    enhanced="2.0.0",
    text="This is {host}; session {session}, {messages} messages taken so far",
    stage="any",
    when="The client asked HELP STATUS.",
    why="A person who tries the gateway by hand sees the session id, by which the journal can be searched.",
    sender_action="Nothing to do.",
    operator_action="Use the session id with `gatepost trace` to see this session.",
    references=("RFC 5321 §4.2.2",),
    fields=frozenset({"host", "messages", "session"}),
)
HELP: Final = Entry(
    id="help",
    code=214,
    enhanced="2.0.0",
    text=(
        "Commands: EHLO HELO MAIL RCPT DATA RSET NOOP VRFY HELP STARTTLS QUIT\n"
        "HELP STATUS tells about this session\n"
        "A reply ends in the name of its entry and the id of the session or message\n"
        "Quote both when you ask about it"
    ),
    stage="any",
    when="The client asked HELP, or HELP about a command that the gateway knows.",
    why="The answer is for a person who tries the gateway by hand.",
    sender_action="Nothing to do.",
    operator_action="Nothing to do. `gatepost replies` prints what every reply means.",
    references=("RFC 5321 §4.1.1.8",),
)
VRFY_LATER: Final = Entry(
    id="vrfy-later",
    code=252,
    enhanced="2.1.5",
    text="Cannot verify the mailbox here; mail for it is taken and delivery tried",
    stage="any",
    when="The client asked VRFY about an address of a domain of ours, or about a name without a domain.",
    why=(
        "The mailboxes are on the server behind the gateway, and a yes or no would help those who "
        "collect addresses."
    ),
    sender_action="Send the message: the answer to RCPT counts, not the one to VRFY.",
    operator_action="Nothing to do.",
    references=("RFC 5321 §3.5.3", "RFC 5321 §7.3"),
)
VRFY_FORWARD: Final = Entry(
    id="vrfy-forward",
    code=251,
    enhanced="2.1.5",
    text="Not local; will forward to <{address}>",
    stage="any",
    when="A client that may relay asked VRFY about an address of a domain that is not ours.",
    why="The gateway takes such mail from this client and sends it on.",
    sender_action="Nothing to do: send the message.",
    operator_action="Nothing to do.",
    references=("RFC 5321 §3.4", "RFC 5321 §3.5"),
    fields=frozenset({"address"}),
)
VRFY_ELSEWHERE: Final = Entry(
    id="vrfy-elsewhere",
    code=551,
    enhanced="5.7.1",
    text="Not local and not forwarded from here; try <{address}>",
    stage="any",
    when="A client that may not relay asked VRFY about an address of a domain that is not ours.",
    why="The gateway takes mail for its own domains only, and sends nothing on for strangers.",
    sender_action="Ask the mail server of that domain: its MX record names it.",
    operator_action=(
        "If the domain is yours, add a [[domain]] table for it; if the client is yours, add its network "
        "to relay_networks."
    ),
    references=("RFC 5321 §3.4", "RFC 5321 §3.5"),
    cause="relay_denied",
    side="sender",
    fields=frozenset({"address"}),
)
EXPN_OFF: Final = Entry(
    id="expn-off",
    code=502,
    enhanced="5.7.0",
    text="Lists are not expanded here",
    stage="any",
    when="The client asked EXPN for the members of a mailing list.",
    why="The gateway holds no lists, and their members are nobody's business.",
    sender_action="Send to the list's address; the list's server distributes the message.",
    operator_action="Nothing to do. EXPN today comes nearly always from someone who collects addresses.",
    references=("RFC 5321 §3.5.2", "RFC 5321 §7.3"),
    cause="policy",
    side="sender",
)
NOT_IMPLEMENTED: Final = Entry(
    id="not-implemented",
    code=502,
    enhanced="5.5.1",
    text="{verb} is not implemented here",
    stage="any",
    when="The client gave a command that the standards know and this gateway does not offer.",
    why="The EHLO reply names what is offered; this command is not among it.",
    sender_action=(
        "Use only what the EHLO reply offers. If the command is AUTH, the client is on a listener "
        "without authentication: use the submission port."
    ),
    operator_action=(
        "Nothing at the gateway, unless clients are meant to authenticate: then point them to the "
        "listener for submission."
    ),
    references=("RFC 5321 §4.2.4",),
    cause="protocol_error",
    side="sender",
    fields=frozenset({"verb"}),
)
COMMAND_UNKNOWN: Final = Entry(
    id="command-unknown",
    code=500,
    enhanced="5.5.1",
    text="Command not recognized",
    stage="any",
    when="The line begins with no word that SMTP knows.",
    why="Often a web browser, a port scanner, or a client whose dialogue went out of step.",
    sender_action=(
        "Check that the program speaks SMTP, and that no firewall rewrites the commands on the way."
    ),
    operator_action=(
        "The journal shows the line. A line like GET is a scanner; XXXX comes from a firewall that "
        "inspects SMTP: switch that inspection off."
    ),
    references=("RFC 5321 §4.2.4",),
    cause="protocol_error",
    side="sender",
)
COMMAND_TOO_LONG: Final = Entry(
    id="command-too-long",
    code=500,
    enhanced="5.5.2",
    text="Command line longer than {limit} octets",
    stage="any",
    when="The client sent a command line over the limit.",
    why="Every line is kept in memory until it ends, so there must be an end to it.",
    sender_action=(
        "Correct the sending program: a command of SMTP has at most 512 octets, plus what extensions add."
    ),
    operator_action="If an honest client needs longer lines, raise reception.max_command_line.",
    references=("RFC 5321 §4.5.3.1.4", "RFC 5321 §4.5.3.1.9"),
    cause="protocol_error",
    side="sender",
    fields=frozenset({"limit"}),
)
COMMAND_LINE_END: Final = Entry(
    id="command-line-end",
    code=500,
    enhanced="5.5.2",
    text="A command line must end in CRLF and hold no other CR, LF or NUL",
    stage="any",
    when="A command line ended in a bare LF, or held a CR, LF or NUL in its middle.",
    why=(
        "Servers that disagree on where a line ends can be made to see a message that was never sent "
        "(SMTP smuggling), so the gateway takes CRLF and nothing else."
    ),
    sender_action="Correct the sending program: every line of SMTP ends in CR and LF.",
    operator_action="Nothing at the gateway. If a device of yours does this, look for newer firmware.",
    references=("RFC 5321 §2.3.8", "RFC 5321 §4.1.1"),
    cause="protocol_error",
    side="sender",
)
BAD_ARGUMENT: Final = Entry(
    id="bad-argument",
    code=501,
    enhanced="5.5.4",
    text="{verb}: {why}",
    stage="any",
    when="The command is known, but what follows it is missing, malformed, or not allowed there.",
    why="The gateway does not guess what a client may have meant; the text names what is wrong.",
    sender_action="Correct the sending program or its settings; the text says what it got wrong.",
    operator_action="Nothing at the gateway. The journal shows the whole line.",
    references=("RFC 5321 §4.2.2", "RFC 5321 §4.3.2"),
    cause="protocol_error",
    side="sender",
    fields=frozenset({"verb", "why"}),
)
HELP_UNKNOWN_TOPIC: Final = Entry(
    id="help-unknown-topic",
    code=504,
    enhanced="5.5.4",
    text="No help on this topic",
    stage="any",
    when="The client asked HELP about something that is neither a command of the gateway nor STATUS.",
    why="There is help on the commands and on STATUS only.",
    sender_action="Say HELP alone for the list of commands.",
    operator_action="Nothing to do.",
    references=("RFC 5321 §4.1.1.8", "RFC 5321 §4.3.2"),
    cause="protocol_error",
    side="sender",
)
