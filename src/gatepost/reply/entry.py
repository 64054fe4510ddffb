"""The form of a catalogue entry, and the only way from an entry to a reply.

Class and enhanced status agree by construction: an `Entry` whose halves differ cannot be made.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Final

from msgspec import Struct

from gatepost.reply.explanation import Side
from gatepost.reply.reply import Reply

MAX_TEXT: Final = (
    400  # of the 512 octets that RFC 5321 §4.5.3.1.5 allows; the rest is for code, id, ref and CRLF
)
_ID = re.compile(r"[a-z][a-z0-9]*(?:-[a-z0-9]+)*")
_ENHANCED = re.compile(r"[245]\.(?:0|[1-9][0-9]{0,2})\.(?:0|[1-9][0-9]{0,2})")
_FIELD = re.compile(r"\{([a-z_]+)\}")


class Entry(Struct, frozen=True, kw_only=True):
    """One thing the gateway can say, with its explanation.

    `text` may hold {fields} that `reply` fills with public facts; a line feed parts the lines of a multiline
    reply. `stage` is where it is said: connect, helo, starttls, auth, mail, rcpt, data, content (after the
    final dot), quit, any, or several of these parted by ", ". `when`, `why` and the actions are sentences.
    `cause` is one of the causes (`causes.toml`), "" for a positive reply. `side` says whose move it is:
    sender, recipient, gateway, network, nobody. `references` name documents and sections.
    """

    id: str
    code: int
    enhanced: str
    text: str
    stage: str
    when: str
    why: str
    sender_action: str
    operator_action: str
    references: tuple[str, ...]
    cause: str = ""
    side: Side = "nobody"
    fields: frozenset[str] = frozenset()

    def __post_init__(self) -> None:
        if _ID.fullmatch(self.id) is None:
            raise ValueError(f"{self.id!r} is not a catalogue id")
        if not 200 <= self.code <= 599:
            raise ValueError(f"{self.id}: {self.code} is not a reply code")
        if self.enhanced and (
            _ENHANCED.fullmatch(self.enhanced) is None or self.enhanced[0] != str(self.code)[0]
        ):
            raise ValueError(f"{self.id}: {self.enhanced} does not agree with {self.code}")
        if not (self.text.isascii() and self.text.replace("\n", "").isprintable()):
            raise ValueError(f"{self.id}: the text must be printable ASCII")
        if frozenset(_FIELD.findall(self.text)) != self.fields:
            raise ValueError(f"{self.id}: fields must name just the fields of the text")
        if self.fields and "\n" in self.text:
            raise ValueError(f"{self.id}: a text of several lines can have no fields")

    def reply(self, ref: str = "", *, more: Sequence[str] = (), **facts: object) -> Reply:
        """Say this entry about `ref` (a session or message id), filled with public facts.

        `more` gives further lines, as EHLO needs them. Facts and lines are made fit for the wire: printable
        ASCII, bounded length. Raises TypeError when the facts are not the fields of the text: a reply with a
        hole in it is never sent.
        """
        text = self.text
        if self.fields or facts:
            if facts.keys() != self.fields:
                raise TypeError(f"{self.id} wants {sorted(self.fields)}, not {sorted(facts)}")
            text = text.format_map({name: public(fact) for name, fact in facts.items()})
            if len(text) > MAX_TEXT:
                text = text[: MAX_TEXT - 3] + "..."
        if more:
            text = "\n".join((text, *map(public, more)))
        if self.enhanced:
            text = f"{text} ({self.id} {ref})" if ref else f"{text} ({self.id})"
        return Reply(self.code, self.enhanced, text, self.id)


def public(fact: object) -> str:
    """Make a fact fit for a reply line: printable ASCII in one line, at most 200 characters."""
    text = str(fact)
    if not (text.isascii() and text.isprintable()):
        text = "".join(c if c.isascii() and c.isprintable() else "?" for c in text)
    return text if len(text) <= 200 else text[:197] + "..."
