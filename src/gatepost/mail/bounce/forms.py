"""The words by which mail systems begin, sort and end a bounce that people are to read: facts, as tables.

Known from the systems' own sources and manuals (qmail-send.c, Exim's moan.c and spec chapter 49, Sendmail's
savemail.c, Postfix's bounce(5), hMailServer's and Courier's message templates) and from the looks of such mail. How a
text is read with them is `free`.
"""

from __future__ import annotations

import re
from typing import Final

# Name of the form, and words (lower case, blanks single) one of which opens such a text. The order decides.
OPENINGS: Final = (
    ("zoho", ("error_code :",)),
    ("qmail", ("this is the qmail-send program",)),
    (
        "yahoo",
        (
            "message from yahoo",
            "unable to deliver message to the following address(es)",
            "sorry, we were unable to deliver your message to the following address",
        ),
    ),
    ("postfix", ("this is the postfix program at host", "this is the mail system at host")),
    (
        "exim",
        (
            "a message that you sent could not be delivered to one or more of its recipients",
            "a message that you sent could not be delivered to all of its recipients",
            "a message that you sent has not yet been delivered to one or more of its",
            "a message sent by <",
            "this message was created automatically by mail delivery software",
            "a message that you sent contained no recipient addresses",
        ),
    ),
    ("courier", ("running the courier mail server", "undeliverable mail")),
    (
        "sendmail",
        (
            "the following addresses had permanent fatal errors",
            "the following addresses had transient non-fatal errors",
            "the following addresses had delivery problems",
            "the following addresses had fatal errors",
            "transcript of session follows",
            "transcript of the session follows",
        ),
    ),
    ("groupwise", ("the message that you sent was undeliverable to the following",)),
    ("hmailserver", ("hmailserver", "error type: smtp")),
    (
        "mailenable",
        ("mailenable: message could not be delivered", "message could not be delivered to some recipients"),
    ),
    (
        "exchange",
        (
            "your message did not reach some or all of the intended recipients",
            "delivery has failed to these recipients or",
            "diagnostic information for administrators",
            "the following recipient(s) could not be reached",
            "the following recipient(s) cannot be reached",
            "the following organization rejected your message",
            "delivery is delayed to these recipients or",
            "generating server:",
        ),
    ),
    (
        "gmail",
        (
            "delivery to the following recipient failed permanently",
            "delivery to the following recipients failed permanently",
            "delivery to the following recipient has been delayed",
            "google tried to deliver your message",
            "the response from the remote server was:",
            "this is an automatically generated delivery status notification",
        ),
    ),
    ("domino", ("was not delivered to:", "wasn't delivered to:")),
    ("ses", ("an error occurred while trying to deliver the mail to the following recipients",)),
    (
        "mdaemon",
        (
            "the attached message had permanent fatal delivery errors",
            "one or more unsuccessful delivery attempts the attached message has been removed",
            "--- session transcript ---",
        ),
    ),
    ("communigate", ("module(domain", "module(account", "failed to deliver to '")),
    ("kddi", ("could not be delivered to:",)),
    ("opensmtpd", ("an error has occurred while attempting to deliver a message for",)),
    ("interscan", ("interscan messaging security",)),
    ("imail", ("unknown user:", "user mailbox exceeds allowed size:")),
    ("gatepost", ("this is the mail gateway at",)),
    (
        "other",
        (
            "could not be delivered",
            "couldn't be delivered",
            "cannot be delivered",
            "wasn't delivered to",
            "was not delivered",
            "undeliverable",
            "delivery failed",
            "delivery has failed",
            "unable to deliver",
            "failed to deliver",
            "delivery failure",
            "not able to deliver",
            "could not deliver",
            "problem delivering your message",
            "returned to sender",
            "has not been delivered",
            "not able to be delivered",
            "unable to be delivered",
            "could not be sent",
            "was not sent",
        ),
    ),
)

# A line that begins so ends what the system says; the message that came back follows.
_ENDS: Final = (
    "below this line is a copy of the message",
    "this is a copy of ",
    "the body of the message is ",
    "original message",
    "message header",
    "message contents follow",
    "message headers follow",
    "unsent message",
    "undelivered message follows",
    "undeliverable message follows",
    "returned message follows",
    "your original message",
    "the original message follows",
    "attached message",
    "forwarded message",
    "here is a copy of the message",
    "below is a copy of the original message",
    "return-path:",
    "received:",
)

# The report says that it is tried on.
DELAYS: Final = (
    "this is a warning only",
    "this is a warning message only",
    "has not yet been delivered",
    "has not been delivered yet",
    "transient non-fatal errors",
    "warning: message still undelivered",
    "has been delayed",
    "delivery is delayed",
    "delayed mail",
    "will be retried",
    "delivery incomplete",
    "delivery attempts will continue",
    "you do not need to resend",
)

# What stands before an address that failed, at the beginning of a line.
LABELS: Final = (
    r"(?:recipient|failed address|failed recipient|recipient address|unknown(?: local)? user|delivery failed"
    r"|user mailbox exceeds allowed size|could not be delivered to|failed to deliver to"
    r"|unable to deliver message to|undeliverable to|address)[ ]?:?"
)

# What stands before an address that failed, within a sentence.
SENTENCES: Final = re.compile(
    r"(?:delivered to|delivering your message to|deliver(?: your| the)? message to|message to|undeliverable to"
    r"|deliver to) {1,4}[<'\"]?(?P<address>[^@\s<>()\[\]\"',;:]{1,128}@[A-Za-z0-9._\-]{1,253}[A-Za-z0-9])",
    re.IGNORECASE,
)

# A line that tells nothing of a recipient, though it may stand behind one.
NOISE: Final = (
    "technical details of ",
    "because:",
    "error type:",
    "sent by microsoft exchange",
    "diagnostic information for administrators",
    "hmailserver",
    "giving up on ",
    "learn more here",
    "learn more at",
    "generating server:",
    "we recommend contacting the other email provider",
)

# Who wrote it, in the text.
REPORTING: Final = re.compile(
    r"(?:qmail-send program at|mail system at host|postfix program at host|delivery status notification from"
    r"|generating server: ?|mail gateway at|dsn generated by: ?|message from(?= yahoo)) ?"
    r"([A-Za-z0-9][A-Za-z0-9._\-]{0,252}[A-Za-z0-9])",
    re.IGNORECASE,
)


def ends(line: str) -> bool:
    """Tell whether a line (in lower case) opens the message that came back."""
    if line.startswith(("received:", "return-path:")):
        return True
    bare = line.strip(" \t-*=_#")
    dashed = line.lstrip()[:2] in ("--", "==", "__")
    return bare.startswith(_ENDS) and (dashed or bare.endswith((":", ".")))
