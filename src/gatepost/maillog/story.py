"""Join the lines of one message into its story: who sent it, to whom, what was tried, what became of it.

Events come in the order of the log, from many messages at once; a story is given out when its message is done, or
when room is wanted for others. Memory is bounded whatever the log. Of the form of lines only the last one of a
message is known: what joins them are the keys and links of the events. What a reply means is told by a function
that is passed in.
"""

from __future__ import annotations

import re
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from typing import Final

from msgspec import Struct

from gatepost.maillog.event import Event, Result
from gatepost.reply.explanation import Explanation

MAX_OPEN: Final = 10_000  # stories
MAX_EVENTS: Final = 200  # of one story: so many from its beginning and its end together
MAX_ROOM: Final = 64_000_000  # characters in all open stories
MAX_RECIPIENTS: Final = 1_000  # of one story
_MAX_NAMES: Final = 64  # keys and links that lead to one story
_OF_AN_EVENT: Final = 400  # characters that an event takes beside its text

# The last line of a message: qmgr of Postfix, Exim, qmail-send, OpenSMTPD before 5.4 in this order.
_END: Final = re.compile(
    r": removed\s*\Z|\bCompleted(?: QT=\S{1,20})?(?: DT=\S{1,20})?\s*\Z|\bend msg [0-9]{1,20}\s*\Z"
)

_Name = tuple[str, str, str]


class Recipient(Struct, frozen=True):
    """One recipient: `attempts` are the events that tell of a fate, in order, as far as they were kept.

    `fate` is the last of their results; `tries` counts them all.
    """

    address: str
    fate: Result
    tries: int
    attempts: tuple[Event, ...]


class Story(Struct, frozen=True, kw_only=True):
    """One message, as far as the log tells of it.

    `keys` are its queue ids, the first one first. `client` is the host that it was taken from. `first` and `last` are
    the times of the first and last event. `events` holds all, or the beginning and the end when there were too many:
    `left_out` stand between `events[:cut]` and `events[cut:]`. `done` tells that the log has its last line.
    """

    system: str
    host: str
    keys: tuple[str, ...]
    sender: str
    client: str
    message_id: str
    size: int | None
    first: str
    last: str
    recipients: tuple[Recipient, ...]
    events: tuple[Event, ...]
    cut: int
    left_out: int
    done: bool


class Stories:
    """Join events to stories. At most `most` are open, each with at most `events` events."""

    def __init__(self, most: int = MAX_OPEN, events: int = MAX_EVENTS, room: int = MAX_ROOM) -> None:
        self._most = most
        self._events = max(2, events)
        self._room = room
        self._taken = 0
        self._count = 0
        self._open: dict[int, _Draft] = {}  # the one that waits longest for a line is the first
        self._names: dict[_Name, _Draft] = {}

    def add(self, event: Event, raw: str = "") -> Iterable[Story]:
        """Take the next event, and give the stories that it ends or pushes out.

        `raw` is the line: where the event tells of no fate, it shows whether the line is the last of its message.
        An event that belongs to no message is a story of its own if it tells of a fate, else nothing.
        """
        self._count += 1
        if not event.key and not event.link:
            if not event.result and not event.text:
                return ()
            lone = _Draft(self._count, self._events)
            lone.take(self._count, event)
            return (lone.story(done=True),)
        draft = self._draft_of(event)
        before = draft.room
        draft.take(self._count, event)
        self._taken += draft.room - before
        self._open[draft.number] = self._open.pop(draft.number)
        given: list[Story] = []
        if event.key and not event.result and not event.text and _END.search(raw[-200:]):
            draft.waiting.discard(event.key)
            if not draft.waiting:
                given.append(self._give(draft, done=True))
        while self._open and (len(self._open) > self._most or self._taken > self._room):
            given.append(self._give(next(iter(self._open.values())), done=False))
        return given

    def end(self) -> Iterable[Story]:
        """Give all stories that are still open, those first whose last line is oldest."""
        drafts = list(self._open.values())
        return [self._give(draft, done=False) for draft in drafts]

    def _draft_of(self, event: Event) -> _Draft:
        """Find the story of an event, or open one; join two that the event shows to be one."""
        key, link = ((event.system, event.host, name) if name else None for name in (event.key, event.link))
        ours = self._names.get(key) if key else None
        linked = self._names.get(link) if link else None
        if ours is None and linked is not None and (key is None or not linked.keys):
            ours = linked  # a line of a session alone, or the first key of a message whose session was seen
        if ours is None:
            ours = _Draft(self._count, self._events)
            self._open[ours.number] = ours
        if key is not None:
            self._name(key, ours)
            if key[2] not in ours.keys and len(ours.keys) < _MAX_NAMES:
                ours.keys.append(key[2])
                ours.waiting.add(key[2])
        if link is not None and linked is not ours:
            # A message that is put into the queue again goes on under the new key; a report about it (from <>) and
            # the next message of a session are others.
            again = event.result in ("delivered", "accepted") and event.sender != "<>"
            if linked is None or link[2] not in linked.keys:
                self._name(link, ours)
            elif again and key is not None:
                ours = self._joined(linked, ours)
        return ours

    def _name(self, name: _Name, draft: _Draft) -> None:
        if self._names.get(name) is not draft and len(draft.names) < _MAX_NAMES:
            draft.names.append(name)
            self._names[name] = draft

    def _joined(self, one: _Draft, other: _Draft) -> _Draft:
        older, newer = (one, other) if one.number < other.number else (other, one)
        self._taken -= older.room + newer.room
        older.join(newer)
        self._taken += older.room
        for name in newer.names:
            if self._names.get(name) is newer:
                self._name(name, older)
        for name in newer.names:
            if self._names.get(name) is newer:
                del self._names[name]
        del self._open[newer.number]
        return older

    def _give(self, draft: _Draft, *, done: bool) -> Story:
        del self._open[draft.number]
        self._taken -= draft.room
        for name in draft.names:
            if self._names.get(name) is draft:
                del self._names[name]
        return draft.story(done=done)


class _Draft:
    """A story that is still being told. Events are kept with their number, so that two drafts can be joined."""

    def __init__(self, number: int, events: int) -> None:
        self.number = number
        self.names: list[_Name] = []
        self.keys: list[str] = []
        self.waiting: set[str] = set()  # keys whose last line has not come
        self.room = 0
        self._half = events // 2
        self._first: list[tuple[int, Event]] = []
        self._last: deque[tuple[int, Event]] = deque()
        self._left_out = 0
        self._fates: dict[str, tuple[Result, int]] = {}
        self._sender = self._client = self._message_id = ""
        self._size: int | None = None

    def take(self, number: int, event: Event) -> None:
        """Add an event."""
        self._sender = self._sender or event.sender
        self._message_id = self._message_id or event.message_id
        if not self._client and event.peer and (event.result == "accepted" or event.direction == "sent"):
            self._client = event.peer
        if event.size is not None and self._size is None:
            self._size = event.size
        if event.recipient and (event.recipient in self._fates or len(self._fates) < MAX_RECIPIENTS):
            fate, tries = self._fates.get(event.recipient, ("", 0))
            counts = event.result not in ("", "accepted")
            self.room += 0 if event.recipient in self._fates else _OF_AN_EVENT
            self._fates[event.recipient] = (event.result if counts else fate, tries + counts)
        self._keep(number, event)

    def _keep(self, number: int, event: Event) -> None:
        self.room += _room(event)
        if len(self._first) < self._half:
            self._first.append((number, event))
            return
        self._last.append((number, event))
        if len(self._last) > self._half:
            self.room -= _room(self._last.popleft()[1])
            self._left_out += 1

    def join(self, other: _Draft) -> None:
        """Take over all of another draft, whose first event came later than this one's."""
        self._sender = self._sender or other._sender
        self._client = self._client or other._client
        self._message_id = self._message_id or other._message_id
        self._size = other._size if self._size is None else self._size
        self.keys += [key for key in other.keys if key not in self.keys][: _MAX_NAMES - len(self.keys)]
        self.waiting |= other.waiting
        for address, (fate, tries) in other._fates.items():
            if address in self._fates or len(self._fates) < MAX_RECIPIENTS:
                known, before = self._fates.get(address, ("", 0))
                self._fates[address] = (fate or known, before + tries)
        kept = sorted((*self._first, *self._last, *other._first, *other._last), key=lambda each: each[0])
        self._left_out += other._left_out
        self._first, self._last, self.room = [], deque(), len(self._fates) * _OF_AN_EVENT
        for number, event in kept:
            self._keep(number, event)

    def story(self, *, done: bool) -> Story:
        """Give what was gathered."""
        events = tuple(event for _, event in (*self._first, *self._last))
        times = [event.time for event in events if event.time]
        attempts: dict[str, list[Event]] = {}
        for event in events:
            if event.recipient and event.result not in ("", "accepted"):
                attempts.setdefault(event.recipient, []).append(event)
        return Story(
            system=events[0].system,
            host=events[0].host,
            keys=tuple(self.keys),
            sender=self._sender,
            client=self._client,
            message_id=self._message_id,
            size=self._size,
            first=times[0] if times else "",
            last=times[-1] if times else "",
            recipients=tuple(
                Recipient(address, fate, tries, tuple(attempts.get(address, ())))
                for address, (fate, tries) in self._fates.items()
            ),
            events=events,
            cut=len(self._first),
            left_out=self._left_out,
            done=done,
        )


def _room(event: Event) -> int:
    return _OF_AN_EVENT + sum(
        map(len, (event.text, event.recipient, event.sender, event.peer, event.message_id))
    )


# --- told in words ---

_STEPS: Final = {
    "connect": "on connecting",
    "helo": "at the greeting (EHLO)",
    "starttls": "when encryption was to begin (STARTTLS)",
    "auth": "at the login (AUTH)",
    "mail": "at the sender's address (MAIL)",
    "rcpt": "at the recipient's address (RCPT)",
    "data": "before the content (DATA)",
    "content": "after the content",
    "quit": "at the end (QUIT)",
}


def told(story: Story, explain: Callable[[Event], Explanation]) -> list[str]:
    """Tell a story in lines for people; `explain` says what the words of an event mean."""
    return list(_told(story, explain))


def _told(story: Story, explain: Callable[[Event], Explanation]) -> Iterator[str]:
    yield _heading(story)
    day = story.first[:10]
    named: set[str] = set()
    for at, event in enumerate(story.events):
        if story.left_out and at == story.cut:
            yield f"… {story.left_out} more lines, left out here"
        if (
            (event.size is not None or event.sender or event.message_id)
            and not event.result
            and not event.text
        ):
            continue  # it is in the heading
        again = event.link if event.result == "delivered" and event.link in story.keys else ""
        peer = f" to {event.peer}" if event.peer else ""
        if again:
            words = f"passed on{peer} to be looked at, and taken in again under the id {again}"
        else:
            words = _happened(event, explain, named)
        if words:
            today = event.time[:10]
            when = event.time[11:19] if today == day else f"{today} {event.time[11:19]}".strip()
            yield f"{when} {words}".strip()
            day = today or day
    yield _ending(story)


def _heading(story: Story) -> str:
    sender = "a report of a mail system (from <>)" if story.sender == "<>" else story.sender
    what = f"Message from {sender}" if story.sender else "Message"
    if story.size is not None:
        what += f", {story.size:,} octets"
    if story.message_id:
        what += f", Message-ID {story.message_id}"
    if story.keys:
        what += f"; its id in the log: {' then '.join(story.keys[:4])}"
    return f"{story.first[:10]} {what}".strip()


def _happened(event: Event, explain: Callable[[Event], Explanation], named: set[str]) -> str:
    """Say what one event tells, "" where that is nothing for people."""
    whom = f" for {event.recipient}" if event.recipient else ""
    by = f" by {event.peer}" if event.peer else ""
    match event.result:
        case "accepted":
            return f"taken from client {event.peer}" if event.peer else "taken in"
        case "delivered":
            said = f"; it said: {event.text}" if event.code else ""
            return f"delivered{f' to {event.recipient}' if event.recipient else ''}{by}{said}"
        case "deferred":
            return f"not yet delivered{whom}: {_reason(event, explain, named)}"
        case "bounced":
            return f"given up{whom}: {_reason(event, explain, named)}"
        case "rejected":
            client = f" client {event.peer}" if event.peer else ""
            return f"refused{client}{whom}: {_reason(event, explain, named)}"
        case "held":
            return f"put aside until a person decides{whom}{f': {event.text}' if event.text else ''}"
        case "discarded":
            return f"thrown away without telling the sender{whom}{f': {event.text}' if event.text else ''}"
        case "":
            return _reason(event, explain, named) if event.text else ""


def _reason(event: Event, explain: Callable[[Event], Explanation], named: set[str]) -> str:
    """Say who said what at which step, and what that means; what was explained before is not explained again."""
    if not event.text:
        return "the log does not say why"
    step = f" {_STEPS[event.stage]}" if event.stage in _STEPS else ""
    if event.direction == "sent":
        said = f"we said{step}: {event.text}"
    elif event.code and event.peer:
        said = f"{event.peer} said{step}: {event.text}"
    elif event.code:
        said = f"the other side said{step}: {event.text}"
    else:
        said = event.text
    explanation = explain(event)
    if explanation.meaning in named:
        return said
    named.add(explanation.meaning)
    return f"{said.rstrip('.')}. That means: {explanation.meaning}"


def _ending(story: Story) -> str:
    fates: dict[Result, list[str]] = {}
    for recipient in story.recipients:
        fates.setdefault(recipient.fate, []).append(recipient.address)
    words: dict[Result, str] = {
        "delivered": "delivered to",
        "deferred": "still waiting for",
        "bounced": "given up for",
        "rejected": "refused for",
        "held": "put aside for",
        "discarded": "thrown away for",
    }
    parts = [f"{words[fate]} {_several(addresses)}" for fate, addresses in fates.items() if fate in words]
    if not parts:
        return "In the end: the log does not tell what became of it."
    tail = "" if story.done else "; the log has no last line of it, so more may have happened"
    return f"In the end: {'; '.join(parts)}{tail}."


def _several(addresses: list[str]) -> str:
    if len(addresses) <= 3:
        return ", ".join(addresses)
    return f"{', '.join(addresses[:2])} and {len(addresses) - 2} others"
