"""The reader for messages that are files: attached as a whole, or saved as a page with its pictures (MHTML).

It takes them apart as the gateway takes apart the message itself, in all readings.
"""

from __future__ import annotations

from collections.abc import Iterator

from gatepost.checks.content.formats.format import Budget, Member, Seen, Sight, Text, Trait
from gatepost.mail.header import decode_words
from gatepost.mail.mime import view


def read_message(octets: bytes, budget: Budget) -> Iterator[Sight]:
    """Read a message: its subject and its parts, each of them in each reading, as members."""
    seen = view(octets)
    yield Text(decode_words(seen.root.field("subject").decode("utf-8", "replace")).strip() + "\n")
    for ambiguity in seen.ambiguities:
        if ambiguity.name.startswith("too-") or ambiguity.name == "header-too-long":
            yield Seen(Trait.UNSEEN, ambiguity.words)
    for part in seen.leaves:
        for reading in part.readings():
            if not reading or reading.isspace():
                continue
            if part.media_type == "text/plain" and not part.names:
                yield Text(part.text() + "\n")
            for name in part.names or (f"part {part.number}" if part.number else "body",):
                yield Member(name, budget.gathered(iter([reading])))
