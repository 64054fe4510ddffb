"""Replies to MAIL and RCPT: the envelope, and who may send to whom."""

from __future__ import annotations

from typing import Final

from gatepost.reply.entry import Entry

MAIL_OK: Final = Entry(
    id="mail-ok",
    code=250,
    enhanced="2.1.0",
    text="Reverse-path accepted",
    stage="mail",
    when="The client named the reverse-path, the address that gets the report when delivery fails.",
    why="The transaction is open; recipients come next.",
    sender_action="Nothing to do. This promises nothing about the message yet.",
    operator_action="Nothing to do.",
    references=("RFC 5321 §4.1.1.2",),
)
RCPT_OK: Final = Entry(
    id="rcpt-ok",
    code=250,
    enhanced="2.1.5",
    text="Recipient accepted",
    stage="rcpt",
    when="The client named a recipient that the gateway takes mail for.",
    why="The domain is one of ours, or the client may relay.",
    sender_action="Nothing to do. The message can still be refused when its content has come.",
    operator_action="Nothing to do.",
    references=("RFC 5321 §4.1.1.3",),
)
MAIL_FIRST: Final = Entry(
    id="mail-first",
    code=503,
    enhanced="5.5.1",
    text="Say MAIL first",
    stage="rcpt, data",
    when="The client gave RCPT or DATA with no transaction open; often it ignored that its MAIL was refused.",
    why=(
        "A message begins with MAIL; without it there is no reverse-path for recipients or content to "
        "belong to."
    ),
    sender_action="Look at the reply to MAIL just before: if it was refused, that reply holds the reason.",
    operator_action="Look in the journal at the reply before this one: the true cause is there.",
    references=("RFC 5321 §3.3", "RFC 5321 §4.1.4"),
    cause="protocol_error",
    side="sender",
)
MAIL_TWICE: Final = Entry(
    id="mail-twice",
    code=503,
    enhanced="5.5.1",
    text="A transaction is open already; RSET drops it",
    stage="mail",
    when="The client gave MAIL a second time before the first message had ended.",
    why="One message at a time: a second MAIL would leave unclear whose recipients follow.",
    sender_action="Correct the sending program: end the message with DATA, or drop it with RSET.",
    operator_action="Nothing at the gateway: this is a mistake in the client's program.",
    references=("RFC 5321 §4.1.4",),
    cause="protocol_error",
    side="sender",
)
BAD_REVERSE_PATH: Final = Entry(
    id="bad-reverse-path",
    code=501,
    enhanced="5.1.7",
    text="Cannot read the reverse-path: {why}",
    stage="mail",
    when="What follows MAIL FROM: is not an address in angle brackets, or the address is malformed.",
    why="Failures are reported to this address, so it must be readable.",
    sender_action=(
        "Correct the From or return address in the program that sends; the text says what is wrong with it."
    ),
    operator_action=(
        "Nothing at the gateway. Scripts and devices of your own often have a sender without a domain."
    ),
    references=("RFC 5321 §4.1.1.2", "RFC 5321 §4.1.2"),
    cause="sender_rejected",
    side="sender",
    fields=frozenset({"why"}),
)
BAD_FORWARD_PATH: Final = Entry(
    id="bad-forward-path",
    code=501,
    enhanced="5.1.3",
    text="Cannot read the forward-path: {why}",
    stage="rcpt",
    when="What follows RCPT TO: is not an address in angle brackets, or the address is malformed.",
    why="Nobody can be found by an address that cannot be read.",
    sender_action=(
        "Correct the recipient's address: look for blanks, a missing @, quotes or a second address."
    ),
    operator_action="Nothing at the gateway. The journal shows the whole line.",
    references=("RFC 5321 §4.1.1.3", "RFC 5321 §4.1.2"),
    cause="user_unknown",
    side="sender",
    fields=frozenset({"why"}),
)
BODY_TYPE_UNKNOWN: Final = Entry(
    id="body-type-unknown",
    code=504,
    enhanced="5.5.4",
    text="BODY={value} is not offered here",
    stage="mail",
    when="MAIL named a body type other than 7BIT and 8BITMIME, mostly BINARYMIME.",
    why="BINARYMIME needs the command BDAT, which this gateway does not offer.",
    sender_action="Use BODY=8BITMIME or 7BIT, as the EHLO reply offers.",
    operator_action="Nothing at the gateway: this is a mistake in the client's program.",
    references=("RFC 6152 §2", "RFC 3030 §3"),
    cause="protocol_error",
    side="sender",
    fields=frozenset({"value"}),
)
PARAMETER_UNKNOWN: Final = Entry(
    id="parameter-unknown",
    code=555,
    enhanced="5.5.4",
    text="Parameter {parameter} is not offered here",
    stage="mail, rcpt",
    when="MAIL or RCPT came with a parameter of an extension that the EHLO reply did not offer.",
    why="A parameter that is ignored is a promise broken, so it is refused.",
    sender_action="Use only the extensions in the EHLO reply; after HELO, none.",
    operator_action="Nothing at the gateway: this is a mistake in the client's program.",
    references=("RFC 5321 §4.1.1.11",),
    cause="protocol_error",
    side="sender",
    fields=frozenset({"parameter"}),
)
PARAMETER_NOT_NOW: Final = Entry(
    id="parameter-not-now",
    code=455,
    enhanced="4.5.4",
    text="Parameter {parameter} cannot be honoured just now",
    stage="mail, rcpt",
    when="MAIL or RCPT came with a parameter that is offered but cannot be honoured at this moment.",
    why="To take the message and drop the parameter would break a promise; later it can be kept.",
    sender_action="Nothing to do: the message is tried again by itself.",
    operator_action="If it lasts, find out in the log which part of the gateway is not available.",
    references=("RFC 5321 §4.1.1.11",),
    cause="system_temp",
    side="gateway",
    fields=frozenset({"parameter"}),
)
SMTPUTF8_NEEDED: Final = Entry(
    id="smtputf8-needed",
    code=553,
    enhanced="5.6.7",
    text="A mailbox name beyond ASCII needs the SMTPUTF8 parameter of MAIL",
    stage="mail, rcpt",
    when="An address holds characters beyond ASCII, but MAIL did not say SMTPUTF8.",
    why="Such an address can only travel between servers that have agreed on SMTPUTF8.",
    sender_action="Use a mail program and server with SMTPUTF8, or an ASCII address of the same person.",
    operator_action="Nothing at the gateway, which offers SMTPUTF8. Check for a typing slip in the address.",
    references=("RFC 6531 §3.4", "RFC 6531 §3.5"),
    cause="content_error",
    side="sender",
)
SIZE_DECLARED: Final = Entry(
    id="size-declared",
    code=552,
    enhanced="5.3.4",
    text="The declared size {size} is over the limit of {limit} octets",
    stage="mail",
    when="MAIL declared a message (SIZE=) that is larger than the gateway takes.",
    why="Refused before it is sent, it costs nobody's line. Attachments grow by about 37 % in mail.",
    sender_action="Make the message smaller, or share the file by a link.",
    operator_action=(
        "To take larger messages, raise reception.max_message_size; the server behind the gateway must "
        "take them as well."
    ),
    references=("RFC 1870 §6.1",),
    cause="message_too_big",
    side="sender",
    fields=frozenset({"limit", "size"}),
)
RELAY_DENIED: Final = Entry(
    id="relay-denied",
    code=550,
    enhanced="5.7.1",
    text="<{recipient}>: this gateway does not take mail for the domain from you",
    stage="rcpt",
    when="The recipient's domain is none of ours, and the client may not relay.",
    why=(
        "A gateway that sends on anyone's mail to anywhere is soon used for spam, and then blocked "
        "everywhere."
    ),
    sender_action="Check the recipient's address. To send outward, use your own mail server with a login.",
    operator_action=(
        "If the domain is yours, add a [[domain]] table for it. If the client is your own server, add "
        "its network to relay_networks. Otherwise this is as it should be."
    ),
    references=("RFC 5321 §3.6.3", "RFC 5321 §7.9"),
    cause="relay_denied",
    side="sender",
    fields=frozenset({"recipient"}),
)
RCPT_ROUTED: Final = Entry(
    id="rcpt-routed",
    code=553,
    enhanced="5.1.3",
    text="<{recipient}>: routed mailbox names are not allowed",
    stage="rcpt",
    when=(
        "The name before the @ holds a %, ! or @ that an old mail server would take as an address to "
        "send on to."
    ),
    why="Such names are an old trick to send mail to strangers by way of the server behind the gateway.",
    sender_action="Write the recipient's own address, without a route in it.",
    operator_action="Nothing to do: it is nearly always a search for open relays.",
    references=("RFC 5321 §3.6.1", "RFC 5321 §7.9"),
    cause="relay_denied",
    side="sender",
    fields=frozenset({"recipient"}),
)
RCPT_LIMIT: Final = Entry(
    id="rcpt-limit",
    code=452,
    enhanced="4.5.3",
    text="Too many recipients in this transaction; send the rest in another",
    stage="rcpt",
    when="The transaction already has as many recipients as the gateway takes at once.",
    why=(
        "Nothing is wrong with this recipient: a mail server sends the rest in a second transaction by "
        "itself."
    ),
    sender_action="Nothing to do for a mail server. A program that sends by itself must split its list.",
    operator_action=(
        "Raise reception.max_recipients if large lists are normal for you; the standard asks for at "
        "least 100."
    ),
    references=("RFC 5321 §4.5.3.1.8", "RFC 5321 §4.5.3.1.10"),
    cause="too_many_rcpts",
    side="sender",
)
RCPT_UNVERIFIED: Final = Entry(
    id="rcpt-unverified",
    code=450,
    enhanced="4.2.0",
    text="<{recipient}>: the mailbox cannot be verified just now; try again later",
    stage="rcpt",
    when="The gateway asked the server behind it about the recipient, and that server put the question off.",
    why="To take the message now could mean a bounce to an innocent sender later.",
    sender_action="Nothing to do: the message is tried again by itself.",
    operator_action="Look at the server behind the gateway: the journal has the words of its reply.",
    references=("RFC 5321 §4.2.2", "RFC 5321 §4.3.2"),
    cause="system_temp",
    side="recipient",
    fields=frozenset({"recipient"}),
)
RCPT_UNKNOWN: Final = Entry(
    id="rcpt-unknown",
    code=550,
    enhanced="5.1.1",
    text="<{recipient}>: no such mailbox",
    stage="rcpt",
    when="The server behind the gateway says that it has no such mailbox.",
    why="Refused here, the sender hears of it at once, and no bounce goes to an innocent address.",
    sender_action="Check the address for a typing slip, or ask the recipient by another way.",
    operator_action=(
        "If the mailbox does exist, look at the server behind the gateway: the journal has its words."
    ),
    references=("RFC 5321 §4.2.2", "RFC 3463 §3.2"),
    cause="user_unknown",
    side="sender",
    fields=frozenset({"recipient"}),
)
DOMAIN_TAKES_NO_MAIL: Final = Entry(
    id="domain-takes-no-mail",
    code=556,
    enhanced="5.1.10",
    text="<{recipient}>: the domain takes no mail",
    stage="rcpt",
    when="The recipient's domain says in its DNS (a null MX record) that it never takes mail.",
    why="Trying for days would only delay the news.",
    sender_action="Check the domain in the address; no mail can reach it as written.",
    operator_action="Nothing at the gateway: the owner of the domain published this.",
    references=("RFC 7505 §4.1", "RFC 7504 §4"),
    cause="bad_domain",
    side="sender",
    fields=frozenset({"recipient"}),
)
