"""Read lines that are a reply and nothing else: a list of replies, or what someone cut out of a log.

It comes after all others, as it goes by the first characters of the line alone.
"""

from __future__ import annotations

import re
from typing import Final

from gatepost.maillog.event import Event
from gatepost.maillog.frame import Frame
from gatepost.maillog.pieces import code_and_enhanced

# RFC 5321 §4.2.1: the second digit is at most 5. What a bounce or a transcript puts before a reply is passed over.
_REPLY: Final = re.compile(
    r"[\s\"'>]{0,8}(?:(?:<<<|smtp;|S:|<-)\s{0,4})?([2-5][0-5][0-9](?=[\s\-:,;.]|$)[\s\S]*)", re.IGNORECASE
)


class Plain:
    """Read a line that begins with a reply code."""

    system = "plain"

    def read(self, frame: Frame) -> Event | None:
        """Give the reply as it stands; who said it, to whom and when is not known."""
        found = _REPLY.match(frame.message)
        if found is None or frame.program:
            return None
        text = found[1].rstrip("\"' \t\r\n")
        code, enhanced = code_and_enhanced(text)
        return Event(system="plain", text=text, code=code, enhanced=enhanced, time=frame.time)
