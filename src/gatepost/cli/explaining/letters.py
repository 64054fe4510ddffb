"""The paragraphs to send to the person whose move it is: what `reply.letter` writes, with the facts that were given.

Gives text that can be pasted into an answer.
"""

from __future__ import annotations

import textwrap
from typing import Final, Literal

from gatepost.cli.explaining import bounced
from gatepost.cli.explaining.rows import Row
from gatepost.cli.layout import printable
from gatepost.mail.bounce import Bounce, Failure
from gatepost.reply.explanation import Explanation
from gatepost.reply.letter import Addressee, Facts, letter

_COLUMNS: Final = 78  # RFC 5322 §2.1.1
_FATES: Final[dict[str, Literal["waiting", "given_up"]]] = {
    "deferred": "waiting",
    "bounced": "given_up",
    "delayed": "waiting",
    "failed": "given_up",
}


def about(told: Explanation, to: Addressee) -> str:
    """Write about one reply, with what its line of a log tells where it came from one."""
    facts = Facts()
    if isinstance(told, Row):
        facts = Facts(
            recipient=told.recipient,
            sender=told.sender,
            date=told.time,
            message_id=told.message_id,
            peer=told.peer,
            reference=told.key,
            fate=_FATES.get(told.result, ""),
        )
    return _wrapped(letter(told, to, facts))


def about_bounce(bounce: Bounce, to: Addressee) -> str:
    """Write about each recipient that a bounce names."""
    return "\n\n".join(_about_failure(bounce, failure, to) for failure in bounce.failures if failure.reply)


def _about_failure(bounce: Bounce, failure: Failure, to: Addressee) -> str:
    facts = Facts(
        recipient=failure.address,
        date=bounce.arrived,
        subject=bounce.subject,
        message_id=bounce.message_id,
        peer=failure.peer,
        host=bounce.reporting,
        fate=_FATES.get(failure.action, ""),
    )
    return _wrapped(letter(bounced.explained(failure), to, facts))


def _wrapped(text: str) -> str:
    return "\n\n".join(
        "\n".join(
            textwrap.wrap(printable(paragraph), _COLUMNS, break_long_words=False, break_on_hyphens=False)
        )
        for paragraph in text.split("\n\n")
    )
