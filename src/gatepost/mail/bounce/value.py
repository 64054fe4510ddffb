"""What a bounce message tells, as values: what for kind of message it is, and what became of each recipient.

Beside the readers of reports and free forms, which make them. What a diagnostic means is not known here: that is
`reply.explain`.
"""

from __future__ import annotations

from typing import Literal

from msgspec import Struct

Kind = Literal[
    "bounce",  # at least one recipient is given up
    "delay",  # not delivered yet; it is tried again
    "delivered",  # a report of success, that someone asked for
    "feedback",  # a complaint or opt-out, RFC 5965
    "receipt",  # somebody opened or deleted the message, RFC 8098
    "autoreply",  # a person's or program's answer, such as an absence notice, RFC 3834
]
Action = Literal["failed", "delayed", "delivered", "relayed", "expanded", ""]


class Failure(Struct, frozen=True, kw_only=True):
    """One recipient, and what the report says about it. What it does not say is "".

    `final` is the address that failed, `original` the one that the author gave where the report names both.
    `diagnostic` is the reply or reason as said, in one line; `diagnostic_type` as in RFC 3464 §2.3.6 in lower case
    ("smtp", "x-postfix"), "" in free forms. `local` tells that no peer said it: the reporting system made it up.
    `stage` is one of `reply.explanation.Context` where the words tell it. `words` is what the part for people
    says about this recipient. Dates are as given.
    """

    final: str = ""
    original: str = ""
    action: Action = ""
    status: str = ""
    peer: str = ""
    diagnostic: str = ""
    diagnostic_type: str = ""
    local: bool = False
    stage: str = "unknown"
    last_attempt: str = ""
    until: str = ""
    words: str = ""

    @property
    def address(self) -> str:
        """The address as the author knows it."""
        return self.original or self.final

    @property
    def reply(self) -> str:
        """What there is to explain: the diagnostic, else the words for people, with the status where it lacks."""
        said = self.diagnostic or self.words
        if not self.status or (said[:1] in "245" and said[1:3].isdecimal()) or self.status in said:
            return said or self.status
        return f"{self.status} {said}".strip()


class Bounce(Struct, frozen=True, kw_only=True):
    """One message of this kind, read. What it does not tell is "".

    `form` names the form that it was read by: "report" for RFC 3464, else that of a mail system.
    `reporting` is the host that wrote it; `arrived` when that host took the original, as given; `message_id` and
    `subject` are those of the original. `words` is the beginning of the part for people.
    """

    kind: Kind
    form: str
    reporting: str = ""
    arrived: str = ""
    message_id: str = ""
    subject: str = ""
    failures: tuple[Failure, ...] = ()
    words: str = ""
