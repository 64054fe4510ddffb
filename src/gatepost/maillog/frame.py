"""What syslog, the journal or a log of its own put around a message: time, host, program."""

from __future__ import annotations

from msgspec import Struct


class Frame(Struct, frozen=True):
    """A line of a log, its frame taken off. What the frame does not tell is "".

    `raw` is the whole line without its end; `message` what is left of it; `time` in the form of `Event.time`.
    `program` is the tag as given ("postfix/smtp", "exim", "sm-mta"), without the process id.
    """

    raw: str
    message: str
    time: str = ""
    host: str = ""
    program: str = ""
    pid: str = ""
