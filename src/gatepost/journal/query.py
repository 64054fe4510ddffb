"""Finding stories in the journal: by id, Message-ID, address, client or next hop, or a word of the subject.

Two passes over the files. The first looks for the octets of what is wanted, block by block, and decodes only
lines that hold them, to learn which sessions are meant. The second collects all lines of those sessions, then
of the delivery reports about their messages. Nothing is indexed: a journal can be copied, cut, and read with
`grep`, and a gigabyte takes a few seconds.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterable, Iterator
from ipaddress import IPv4Address, IPv6Address, ip_address
from operator import attrgetter
from pathlib import Path
from typing import Final

import msgspec
from msgspec import Struct

from gatepost.journal.reader import Skipped, decoded, files, whole_lines
from gatepost.journal.records import (
    AnyRecord,
    Attempt,
    Bounced,
    Deferred,
    Deleted,
    HeldBack,
    Opened,
    Reception,
    Released,
    Said,
)
from gatepost.mail.ids import began_at, is_id, session_of

MAX_RECORDS: Final = 10_000  # of one story; a session of a thousand messages has fewer
_MAX_ALL: Final = 100_000  # of all stories together: some 200 MB of memory
_REPLY_ID = re.compile(r"\([a-z0-9-]+ ([0-9a-z]{13}(?:-[0-9]{1,9})?)\)\s*$")
_SESSION: Final = b'"session":"'
_FEW: Final = 6  # up to here looking for one id after the other is faster than for all at once
_ATOM: Final = r"\w.!#$%&'*+/=?^`{|}~-"  # RFC 5322 §3.2.3, and the dot

Matches = Callable[[AnyRecord], bool]


class Story(Struct, frozen=True):
    """Everything about one session: its records in order of time, and those of reports about its messages.

    `cut` says that there were more records than a story may hold.
    """

    session: str
    records: tuple[AnyRecord, ...]
    cut: bool = False


def find(
    directory: Path,
    what: str,
    since: float | None = None,
    until: float | None = None,
    *,
    limit: int = 100,
    skipped: Skipped | None = None,
) -> list[Story]:
    """Find the stories about `what`, the newest last; of more than `limit`, the newest.

    `what` is a session id, a message id (then other messages of the session are left out), a reply of ours
    with its id at the end, a Message-ID, an address or "@domain", an IP address or host name, or a part of a
    subject. `since` and `until` (seconds since 1970) bound the time of the record that matches; an
    id needs no bounds.
    """
    skipped = skipped or Skipped()
    what = what.strip()
    if not what:
        return []
    quoted = _REPLY_ID.search(what)
    wanted_id = quoted[1] if quoted else what.lower()
    if is_id(wanted_id):
        return _by_id(directory, wanted_id, skipped)
    sessions = _sessions(directory, what, since, until, limit, skipped)
    stories = _collect(directory, sessions, skipped)
    originals = {story.session: original for story in stories if (original := _original(story))}
    if not originals:
        return stories
    # A delivery report is a part of the story of the message that it is about, as long as that is there.
    whole = _collect(directory, (sessions - originals.keys()) | set(originals.values()), skipped)
    told = {story.session for story in whole}
    alone = [story for story in stories if originals.get(story.session, story.session) not in told]
    return sorted([*whole, *alone], key=attrgetter("session"))


def _by_id(directory: Path, any_id: str, skipped: Skipped) -> list[Story]:
    stories = _collect(directory, {session_of(any_id)}, skipped)
    if "-" not in any_id:
        return stories
    narrowed = [Story(story.session, _only(any_id, story), story.cut) for story in stories]
    return [story for story in narrowed if any(record.message == any_id for record in story.records)]


def _only(message: str, story: Story) -> tuple[AnyRecord, ...]:
    """Leave out what is about other messages of the session."""
    kept = {message, *_reports(record for record in story.records if record.message == message)}
    return tuple(
        record
        for record in story.records
        if record.message in kept or (not record.message and record.session == story.session)
    )


def _sessions(
    directory: Path, what: str, since: float | None, until: float | None, limit: int, skipped: Skipped
) -> set[str]:
    """Find the newest `limit` sessions that have a record about `what`."""
    matches = _matcher(what)
    needles = _needles(what)
    found: set[str] = set()
    for file in files(directory, since, until):
        for line in _lines_with(file.path, needles, skipped):
            record = decoded(line, skipped)
            if (
                record is None
                or (since is not None and record.time < since)
                or (until is not None and record.time > until)
                or not matches(record)
            ):
                continue
            if is_id(record.session):
                found.add(record.session)
        if len(found) > 4 * limit:
            found = set(sorted(found)[-limit:])
    return set(sorted(found)[-limit:])


def _collect(directory: Path, sessions: Collection[str], skipped: Skipped) -> list[Story]:
    """Collect all records of some sessions, and of the reports about their messages."""
    told: dict[str, list[AnyRecord]] = {session: [] for session in sessions}
    part_of = {session: session for session in sessions}
    cut: set[str] = set()
    wanted = set(sessions)
    most = min(MAX_RECORDS, _MAX_ALL // max(1, len(wanted)))
    while wanted:
        reports: dict[str, str] = {}
        seen: set[str] = set()
        # A clock that was ahead once gives ids that are younger than any file: then every file is looked at.
        for file in files(directory, since=min(map(began_at, wanted))) or files(directory):
            for line in _lines_of(file.path, wanted, skipped):
                record = decoded(line, skipped)
                if record is None or record.session not in wanted:
                    continue
                story = part_of[record.session]
                if len(told[story]) >= most:
                    cut.add(story)
                    continue
                told[story].append(record)
                for report in _reports((record,)):
                    seen.add(session_of(report))
                    reports[session_of(report)] = story
        wanted = {session for session in seen if session not in part_of and is_id(session)}
        part_of.update((session, reports[session]) for session in wanted)
    return [
        Story(session, tuple(sorted(told[session], key=attrgetter("time"))), session in cut)
        for session in sorted(told)
        if told[session]
    ]


def _original(story: Story) -> str:
    """Give the session of the message that a story's report is about; "" when the story is no report's."""
    for record in story.records:
        if isinstance(record, Reception) and record.session == story.session and is_id(record.notice_of):
            original = session_of(record.notice_of)
            return "" if original == story.session else original
    return ""


def _reports(records: Iterable[AnyRecord]) -> Iterator[str]:
    """Give the ids of the delivery reports that some records speak of."""
    for record in records:
        if isinstance(record, Bounced) and record.notice:
            yield record.notice


def _lines_with(path: Path, needles: Collection[bytes], skipped: Skipped) -> Iterator[bytes]:
    """Give the lines that hold one of some octet strings, in whatever case of ASCII."""
    for lines in whole_lines(path, skipped):
        lowered = lines.lower()
        for needle in needles:
            yield from _around(lines, lowered, needle)


def _lines_of(path: Path, sessions: Collection[str], skipped: Skipped) -> Iterator[bytes]:
    """Give the lines whose session is one of some."""
    if len(sessions) <= _FEW:
        needles = [_SESSION + session.encode() for session in sessions]
        for lines in whole_lines(path, skipped):
            for needle in needles:
                yield from _around(lines, lines, needle)
        return
    anyone = re.compile(
        _SESSION + b"(?:" + b"|".join(sorted(session.encode() for session in sessions)) + b')"'
    )
    for lines in whole_lines(path, skipped):
        for match in anyone.finditer(lines):
            yield lines[lines.rfind(b"\n", 0, match.start()) + 1 : lines.find(b"\n", match.end()) + 1]


def _around(lines: bytes, searched: bytes, needle: bytes) -> Iterator[bytes]:
    """Give each line of `lines` at whose place in `searched` there is the needle."""
    at = searched.find(needle)
    while at >= 0:
        end = lines.find(b"\n", at) + 1
        yield lines[lines.rfind(b"\n", 0, at) + 1 : end]
        at = searched.find(needle, end)


def _needles(what: str) -> set[bytes]:
    """Give what to look for, as the encoder of the journal writes it, with ASCII in lower case."""
    forms = {what}
    if (address := _ip(what)) is not None:
        forms.add(str(address))
    if not what.isascii():  # octets know the case of ASCII only
        forms |= {what.lower(), what.upper(), what.title()}
    return {msgspec.json.encode(_bare(form))[1:-1].lower() for form in forms}


def _matcher(what: str) -> Matches:
    """Give the test of a record: octets alone would find `jbob@example.org` for `bob@example.org` too."""
    if (address := _ip(what)) is not None:
        return lambda record: any(_ip(host) == address for host in _hosts(record))
    bare = _bare(what)
    folded = bare.casefold()
    if "@" in bare:
        before = "" if bare.startswith("@") else f"(?<![{_ATOM}])"
        bounded = re.compile(rf"{before}{re.escape(folded)}(?![\w-]|\.\w)")
        return lambda record: any(bounded.search(text.casefold()) for text in _addresses(record))
    if "." in bare:
        domain = re.compile(rf"(?<![\w-]){re.escape(folded)}(?![\w-]|\.\w)")
        return lambda record: (
            _in_subject(folded, record)
            or any(domain.search(text.casefold()) for text in (*_addresses(record), *_hosts(record)))
        )
    return lambda record: (
        _in_subject(folded, record) or any(host.casefold() == folded for host in _hosts(record))
    )


def _in_subject(folded: str, record: AnyRecord) -> bool:
    return isinstance(record, Reception) and folded in record.subject.casefold()


def _addresses(record: AnyRecord) -> tuple[str, ...]:
    """Give the texts of a record that hold addresses or a Message-ID."""
    match record:
        case Reception():
            return (record.reverse_path, record.header_from, record.message_id, *record.recipients)
        case Said():
            return (record.command,)
        case Attempt() | Deferred() | Bounced() | HeldBack() | Released() | Deleted():
            return record.recipients
        case _:
            return ()


def _hosts(record: AnyRecord) -> tuple[str, ...]:
    """Give the addresses and names of the other hosts in a record."""
    match record:
        case Reception():
            return (host_of(record.peer), record.helo)
        case Opened() | Attempt():
            return (host_of(record.peer),)
        case _:
            return ()


def host_of(peer: str) -> str:
    """Take the port off "address:port" (RFC 3986 §3.2.2 brackets an IPv6 address)."""
    host, colon, port = peer.rpartition(":")
    return host.strip("[]") if colon and port.isdigit() else peer.strip("[]")


def _ip(text: str) -> IPv4Address | IPv6Address | None:
    try:
        return ip_address(text.strip("[]"))
    except ValueError:
        return None


def _bare(what: str) -> str:
    return what[1:-1] if what.startswith("<") and what.endswith(">") else what
