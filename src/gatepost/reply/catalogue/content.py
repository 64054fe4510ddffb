"""Replies to DATA and to the end of the content, where responsibility changes hands."""

from __future__ import annotations

from typing import Final

from gatepost.reply.entry import Entry

DATA_GO: Final = Entry(
    id="data-go",
    code=354,
    enhanced="",
    text="Send the content; end with <CRLF>.<CRLF>",
    stage="data",
    when="The client said DATA and has at least one accepted recipient.",
    why="The message itself comes now; a line with a single dot ends it.",
    sender_action="Nothing to do.",
    operator_action="Nothing to do. A session that ends here was cut off while the content was on its way.",
    references=("RFC 5321 §4.1.1.4", "RFC 5321 §3.3"),
)
NO_RECIPIENTS: Final = Entry(
    id="no-recipients",
    code=554,
    enhanced="5.5.1",
    text="No valid recipients",
    stage="data",
    when="The client said DATA although every recipient was refused, or none was named.",
    why="There is nobody to deliver to.",
    sender_action="Look at the replies to the recipients just before: each holds its reason.",
    operator_action="Look in the journal at the replies to RCPT in this session: the true cause is there.",
    references=("RFC 5321 §3.3",),
    cause="protocol_error",
    side="sender",
)
MESSAGE_ACCEPTED: Final = Entry(
    id="message-accepted",
    code=250,
    enhanced="2.0.0",
    text="Message accepted for delivery",
    stage="content",
    when="The message is complete, safe on disk, and nothing that the checks found is reason to refuse it.",
    why=(
        "From here on the gateway answers for it: it is delivered, or the sender is told that it was not. Where "
        "policy holds a message for a person to decide, the client is told the same: who sends such mail learns "
        "nothing from it."
    ),
    sender_action=(
        "Nothing to do. Accepted is not yet delivered; the id in the reply finds the message again."
    ),
    operator_action=(
        "Nothing to do. `gatepost trace` with the id in the reply tells what became of it, `gatepost quarantine "
        "list` what is held."
    ),
    references=("RFC 5321 §4.2.5", "RFC 5321 §6.1"),
)
SIZE_EXCEEDED: Final = Entry(
    id="size-exceeded",
    code=552,
    enhanced="5.3.4",
    text="The message is over the limit of {limit} octets",
    stage="content",
    when="The content grew larger than the gateway takes; the client had declared no size, or a smaller one.",
    why=(
        "Larger messages would fill the spool, or fail at the server behind the gateway. Attachments "
        "grow by about 37 % in mail."
    ),
    sender_action="Make the message smaller, or share the file by a link.",
    operator_action=(
        "To take larger messages, raise reception.max_message_size; the server behind the gateway must "
        "take them as well."
    ),
    references=("RFC 1870 §6.1", "RFC 5321 §4.5.3.1.7"),
    cause="message_too_big",
    side="sender",
    fields=frozenset({"limit"}),
)
CONTENT_LINE_END: Final = Entry(
    id="content-line-end",
    code=554,
    enhanced="5.6.0",
    text="The content holds a CR or LF that is not part of a CRLF",
    stage="content",
    when="A line of the content ended in a bare LF or a bare CR.",
    why=(
        "Servers that disagree on where a line ends can be made to see a second message inside the first "
        "(SMTP smuggling), so such content is never passed on."
    ),
    sender_action=(
        "Correct the sending program: every line ends in CR and LF. Often it is a script or an old device."
    ),
    operator_action=(
        "Nothing at the gateway. Let such a device send through a mail server that mends line ends."
    ),
    references=("RFC 5321 §2.3.8", "RFC 5321 §4.1.1.4"),
    cause="protocol_error",
    side="sender",
)
CONTENT_LINE_TOO_LONG: Final = Entry(
    id="content-line-too-long",
    code=554,
    enhanced="5.6.0",
    text="The content has a line of more than {limit} octets",
    stage="content",
    when="One line of the content is longer than the gateway takes.",
    why=(
        "The standard allows 1,000 octets a line; the gateway allows far more, but not without end, for "
        "the next server may cut or refuse it."
    ),
    sender_action=(
        "Correct the sending program: text must be encoded (quoted-printable or base64), which keeps "
        "lines short."
    ),
    operator_action=(
        "If such mail is normal for you and the server behind takes it, raise reception.max_text_line."
    ),
    references=("RFC 5321 §4.5.3.1.6",),
    cause="content_error",
    side="sender",
    fields=frozenset({"limit"}),
)
MAIL_LOOP: Final = Entry(
    id="mail-loop",
    code=554,
    enhanced="5.4.6",
    text="{hops} Received fields: the message goes in a circle",
    stage="content",
    when="The message already has more Received fields than the gateway allows.",
    why="Each server adds one; so many mean that servers send the message to each other without end.",
    sender_action=(
        "Nothing in the message: tell the administrator. Look for two addresses that forward to each other."
    ),
    operator_action=(
        "Read the Received fields to see which servers take turns. Often the server behind the gateway "
        "does not know the domain as its own and sends it back, or next_hop names the gateway itself. "
        "Long honest chains: raise reception.max_hops."
    ),
    references=("RFC 5321 §6.3", "RFC 3463 §3.5"),
    cause="loop",
    side="gateway",
    fields=frozenset({"hops"}),
)
SPOOL_FULL: Final = Entry(
    id="spool-full",
    code=452,
    enhanced="4.3.1",
    text="Not enough free space to take mail; try again later",
    stage="mail, content",
    when="The disk that holds the spool has less free space than the gateway keeps in reserve.",
    why="A message is accepted only when it is safe on disk. Mail already accepted goes on to be delivered.",
    sender_action="Nothing to do: the message is tried again by itself.",
    operator_action=(
        "Free space on the disk of data_dir now. See with `gatepost queue list` whether mail piles up, "
        "and why; the reserve is spool.min_free (octets)."
    ),
    references=("RFC 5321 §4.2.2", "RFC 1870 §6.1"),
    cause="system_full",
    side="gateway",
)
SPOOL_FAILED: Final = Entry(
    id="spool-failed",
    code=451,
    enhanced="4.3.0",
    text="The message could not be stored; try again later",
    stage="content",
    when="Writing the message to the spool failed, though not for want of space.",
    why="A message is accepted only when it is safe on disk; the sender keeps this one and tries again.",
    sender_action="Nothing to do: the message is tried again by itself.",
    operator_action=(
        "Look in the log and the journal for the error, and in the kernel log for disk trouble. Check "
        "the rights on data_dir."
    ),
    references=("RFC 5321 §4.2.2", "RFC 5321 §4.2.5"),
    cause="system_temp",
    side="gateway",
)
