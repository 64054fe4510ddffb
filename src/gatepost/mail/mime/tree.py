"""Building the tree of parts: cutting multiparts, opening messages in messages, and both as others would read them.

Under `view`. Each part is read once; where a header or a structure has a second reading, its parts come as children
whose origin says so. What a bound forbids to take apart is left whole, as a leaf.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from gatepost.mail.mime import header as headers
from gatepost.mail.mime import tnef, uuencode
from gatepost.mail.mime.ambiguity import Ambiguity, Trick
from gatepost.mail.mime.bounds import MAX_DEPTH, MAX_PARTS, MAX_TEXT, Effort
from gatepost.mail.mime.claims import Claims, claims
from gatepost.mail.mime.delimiters import Cut, Delimiter, cut, delimiters, guessed
from gatepost.mail.mime.encodings import IDENTITY, decoded
from gatepost.mail.mime.part import Field, Origin, Part
from gatepost.mail.mime.place import Children, Place, Source, made_part

# Others of this family, such as delivery-status, are shown as text; they are opened and are leaves all the same.
_MESSAGES: Final = frozenset(
    (
        "message/rfc822",
        "message/global",
        "message/news",
        "message/partial",
        "message/rfc2822",
        "message/x-rfc822",
    )
)
_MAX_FILES: Final = 64
_USUAL_PREAMBLES: Final = (
    b"this is a multi-part message in mime format",
    b"this is a mime-encapsulated message",
)


class Tree:
    """The tree of one message. `root` builds it; `ambiguities` then has what was found on the way."""

    def __init__(self, octets: bytes) -> None:
        self.ambiguities: list[Ambiguity] = []
        self._octets = octets
        self._effort = Effort(len(octets))

    def root(self) -> Part:
        """Build the tree."""
        self._effort.part()
        source = Source(self._octets, nested=False)
        return self._entity(source, 0, len(self._octets), Place("", 0, Origin.MESSAGE))

    def _doubt(self, name: Trick, number: str, words: str) -> None:
        self.ambiguities.append(Ambiguity(name, number, words))

    # One part

    def _entity(self, source: Source, start: int, end: int, place: Place) -> Part:
        """Read a part, header first, and all that is in it."""
        number = place.number
        if not self._may_look(end - start, number):
            return Part(number, Origin.REST, source.octets, start, start, end, nested=source.nested)
        header = headers.read(source.octets, start, end)
        said = claims(header.fields, place.usual_type)
        for name, words in (*header.doubts, *said.doubts):
            self._doubt(name, number, words)
        children = Children(place)
        opened = self._open(source, header.body, end, said, children, header.early)
        self._other_headers(source, header, start, end, said, children)
        if not opened:
            self._files(source, header.body, end, said, children)
        return made_part(source, start, header.body, end, place, header.fields, said, children, opened=opened)

    def _other_headers(
        self,
        source: Source,
        header: headers.Header,
        start: int,
        end: int,
        said: Claims,
        children: Children,
    ) -> None:
        """Read the part once more for those who see its header end sooner, or begin later."""
        for count, body in header.early:
            fields = header.fields[:count]
            why = "the header ends at a line that is no field"
            # A multipart was cut from there on already.
            if not children.made or not _says_the_same(claims(fields, children.place.usual_type), said):
                self._alternative(source, body, end, fields, children, why)
        if header.bare:
            other = headers.read(source.octets, start, end, bare=False)
            self._alternative(source, other.body, end, other.fields, children, "a CR alone is no line end")
        if header.late is not None and self._may_read_again(end - header.late, children):
            place = children.again("blank lines before the header are skipped")
            children.made.append(self._entity(source, header.late, end, place))

    def _alternative(
        self, source: Source, body: int, end: int, fields: tuple[Field, ...], children: Children, why: str
    ) -> None:
        if not self._may_read_again(end - body, children):
            return
        place = children.again(why)
        said = claims(fields, place.usual_type)
        inner = Children(place)
        opened = self._open(source, body, end, said, inner, ())
        if not opened:
            self._files(source, body, end, said, inner)
        children.made.append(made_part(source, body, body, end, place, fields, said, inner, opened=opened))

    def _may_go_on(self, children: Children) -> bool:
        """Pay for one more part, if it is not too deep and not too many."""
        place = children.place
        if place.depth >= MAX_DEPTH:
            self._doubt(
                Trick.TOO_DEEP,
                place.number,
                f"there are parts within parts more than {MAX_DEPTH} levels deep",
            )
            return False
        if not self._effort.part():
            self._doubt(Trick.TOO_MANY_PARTS, place.number, f"there are more than {MAX_PARTS} parts")
            return False
        return True

    def _may_look(self, octets: int, number: str) -> bool:
        """Pay for looking at octets."""
        if self._effort.look(octets):
            return True
        self._doubt(
            Trick.TOO_MUCH, number, "taking the message apart costs more than it may; the rest stays whole"
        )
        return False

    def _may_read_again(self, octets: int, children: Children) -> bool:
        """Pay for a part that is another reading of octets which are in the tree already."""
        if not self._effort.again(octets):
            self._doubt(Trick.TOO_MUCH, children.place.number, "there are more readings of it than are tried")
            return False
        return self._may_go_on(children)

    # What is in it

    def _open(
        self,
        source: Source,
        body: int,
        end: int,
        said: Claims,
        children: Children,
        early: tuple[tuple[int, int], ...],
    ) -> bool:
        """Take the body apart, if any reader would; tell whether the children cover it."""
        is_multipart = any(media_type.startswith("multipart/") for media_type in said.media_types)
        is_message = any(media_type.startswith("message/") for media_type in said.media_types)
        if not (is_multipart or is_message or said.boundaries):
            return False
        if "message/external-body" in said.media_types:
            self._doubt(Trick.EXTERNAL_BODY, children.place.number, _external(said))
        opened = False
        for at, (inner, start, stop) in enumerate(
            self._bodies(source, body, end, said, children.place.number)
        ):
            if is_multipart or said.boundaries:
                start = start if at else min([start, *[place for _, place in early]])
                opened = self._multipart(inner, start, stop, said, children, declared=is_multipart) or opened
            if is_message:
                opened = self._message(inner, start, stop, said, children) or opened
        # A reader that does not open it, or not as it is encoded, has it as a whole.
        families = {media_type.partition("/")[0] for media_type in said.media_types}
        return opened and len(families) == 1 and all(e in IDENTITY for e in said.encodings)

    def _bodies(
        self, source: Source, body: int, end: int, said: Claims, number: str
    ) -> list[tuple[Source, int, int]]:
        """Give the body as it stands, and decoded where an encoding is named, which RFC 2045 §6.4 forbids here."""
        bodies = [(source, body, end)]
        if any(encoding not in IDENTITY for encoding in said.encodings) and self._may_look(
            4 * (end - body), number
        ):
            raw = source.octets[body:end]
            readings = [octets for octets in decoded(raw, said.encodings).readings if octets != raw]
            bodies += [
                (Source(octets, nested=True), 0, len(octets))
                for at, octets in enumerate(readings)
                if not at or self._effort.again(len(octets))
            ]
        return bodies

    def _message(self, source: Source, start: int, end: int, said: Claims, children: Children) -> bool:
        """Open a message within the message."""
        number = children.place.number
        if "message/partial" in said.media_types:
            self._doubt(
                Trick.MESSAGE_PARTIAL,
                number,
                "a piece of a message, which some readers put together from several",
            )
        encoded = any(encoding not in IDENTITY for encoding in said.encodings)
        if encoded and not headers.looks_like_header(source.octets, start):
            return False
        if source.nested and encoded:
            self._doubt(
                Trick.MESSAGE_ENCODED,
                number,
                f"the message within is in {said.encodings[0]}; not all readers decode it",
            )
        if not self._may_go_on(children):
            return False
        place = children.next(Origin.MESSAGE)
        children.made.append(self._entity(source, start, end, place))
        return any(media_type in _MESSAGES for media_type in said.media_types)

    def _multipart(
        self, source: Source, start: int, end: int, said: Claims, children: Children, *, declared: bool
    ) -> bool:
        """Cut a multipart by each boundary that it may have."""
        number = children.place.number
        found = [
            (boundary, lines)
            for boundary in said.boundaries
            if (lines := delimiters(source.octets, start, end, boundary, MAX_PARTS + 1))
        ]
        if declared and not any(line.exact for _, lines in found for line in lines):
            boundary = guessed(source.octets, start, end)
            if boundary is not None and boundary not in said.boundaries:
                lines = delimiters(source.octets, start, end, boundary, MAX_PARTS + 1)
                if lines:
                    found.append((boundary, lines))
            if not source.nested:
                self._no_boundary(said, number, guess=boundary)
        if not found:
            return False
        if not declared:
            self._doubt(
                Trick.MULTIPART_UNDECLARED,
                number,
                f"delimiters in a body that is {said.media_types[0]}, not multipart",
            )
        if source.nested and any(encoding not in IDENTITY for encoding in said.encodings):
            self._doubt(
                Trick.MULTIPART_ENCODED,
                number,
                f"the multipart is in {said.encodings[0]}, which it must not be",
            )
        if any(boundary in children.place.boundaries for boundary, _ in found):
            self._doubt(Trick.BOUNDARY_REUSED, number, "a multipart has the boundary of the one around it")
        exact = [(b, lines) for b, lines in found if any(line.exact and not line.closing for line in lines)]
        if len(exact) > 1:
            self._doubt(Trick.BOUNDARY_TWICE, number, "it can be cut at more than one boundary")
        children.place = Place(
            number,
            children.place.depth,
            children.place.origin,
            children.place.reading,
            children.place.usual_type,
            (*children.place.boundaries, *[boundary for boundary, _ in found]),
        )
        opened = False
        for at, (boundary, lines) in enumerate(found):
            covered = self._cut(source, start, end, lines, said, children, first=not at)
            # Who does not guess a boundary shows the whole as text.
            opened = opened or (covered and declared and boundary in said.boundaries)
        return opened

    def _no_boundary(self, said: Claims, number: str, guess: bytes | None) -> None:
        guessed_at = (
            "; some readers guess it from the first line that looks like one" if guess is not None else ""
        )
        if said.boundaries:
            self._doubt(Trick.BOUNDARY_UNUSED, number, f"no line is a delimiter of the boundary{guessed_at}")
        else:
            self._doubt(Trick.BOUNDARY_MISSING, number, f"the multipart names no boundary{guessed_at}")

    def _cut(
        self,
        source: Source,
        start: int,
        end: int,
        lines: list[Delimiter],
        said: Claims,
        children: Children,
        *,
        first: bool,
    ) -> bool:
        """Cut at whole delimiter lines, and again at all lines that begin like one, where that differs."""
        exact = [line for line in lines if line.exact]
        stopped = len(lines) > MAX_PARTS
        reading = "" if first else "cut at another boundary"
        opened = False
        if exact:
            opened = self._regions(
                source, cut(source.octets, start, end, exact, stopped=stopped), said, children, reading
            )
        if len(exact) < len(lines):
            self._doubt(
                Trick.BOUNDARY_PREFIX,
                children.place.number,
                "lines begin with a delimiter and go on; some readers cut there, others do not",
            )
            loose = "cut at lines that only begin with a delimiter"
            self._regions(
                source, cut(source.octets, start, end, lines, stopped=stopped), said, children, loose
            )
        return opened

    def _regions(self, source: Source, made: Cut, said: Claims, children: Children, reading: str) -> bool:
        """Read the parts of a cut, and what stands around them; tell whether all of it became children."""
        usual = "message/rfc822" if said.media_types[0] == "multipart/digest" else "text/plain"
        number = children.place.number
        complete = bool(made.parts)
        complete = (
            self._aside(source, made.preamble.start, made.preamble.end, Origin.PREAMBLE, children)
            and complete
        )
        for region in made.parts:
            if not children.is_new(source, region.start, region.end):
                continue
            size = region.end - region.start
            if not (self._may_read_again(size, children) if reading else self._may_go_on(children)):
                return False
            closed = "it stands behind the closing delimiter" if region.closed else ""
            origin = Origin.ALTERNATIVE if reading or region.closed else Origin.PART
            place = children.next(origin, reading or closed, usual)
            children.made.append(self._entity(source, region.start, region.end, place))
        if made.rest >= 0:
            self._doubt(Trick.TOO_MANY_PARTS, number, f"there are more than {MAX_PARTS} parts")
            return False
        if not reading:
            if any(region.closed for region in made.parts):
                self._doubt(
                    Trick.PARTS_AFTER_CLOSING,
                    number,
                    "parts follow the closing delimiter, where many readers stop",
                )
            if not made.closing and not children.place.reading:
                self._doubt(Trick.CLOSING_MISSING, number, "the closing delimiter is missing")
        for region in made.epilogues:
            complete = self._aside(source, region.start, region.end, Origin.EPILOGUE, children) and complete
            # Of two delimiter lines that follow each other some readers skip the second, even a closing one.
            size = region.end - region.start
            if headers.looks_like_part(source.octets, region.start, region.end) and self._may_read_again(
                size, children
            ):
                self._doubt(
                    Trick.PARTS_AFTER_CLOSING, number, "something like a part follows the closing delimiter"
                )
                place = children.next(Origin.ALTERNATIVE, "it stands behind the closing delimiter", usual)
                children.made.append(self._entity(source, region.start, region.end, place))
        return complete

    def _aside(self, source: Source, start: int, end: int, origin: Origin, children: Children) -> bool:
        """Keep what stands before the first or behind the last delimiter, unless it is what mailers write there."""
        text = source.octets[start:end].strip()
        if not text or text.lower().rstrip(b".") in _USUAL_PREAMBLES:
            return True
        if not children.is_new(source, start, end):
            return True
        if not self._may_go_on(children):
            return False
        place = children.next(origin)
        inner = Children(place)
        said = Claims(("text/plain",))
        self._files(source, start, end, said, inner)
        children.made.append(made_part(source, start, start, end, place, (), said, inner, opened=False))
        return True

    # Files within a body

    def _files(self, source: Source, body: int, end: int, said: Claims, children: Children) -> None:
        """Find the files in a text or a TNEF, which some clients show as attachments."""
        number = children.place.number
        head = source.octets[body : body + 64].lstrip()
        if tnef.is_tnef(said.media_types, said.names, head):
            self._doubt(Trick.TNEF, number, "attachments in a TNEF (winmail.dat), which only Outlook shows")
            found = [
                (file.name, file.octets)
                for octets in decoded(source.octets[body:end], said.encodings).readings
                for file in tnef.files(octets, _MAX_FILES)
            ]
            self._found(found, Origin.TNEF, children)
        elif end - body <= MAX_TEXT and any(t.startswith(("text/", "message/")) for t in said.media_types):
            raw = source.octets[body:end]
            readings: Sequence[bytes] = (
                (raw,)
                if all(encoding in IDENTITY for encoding in said.encodings)
                else decoded(raw, said.encodings).readings
            )
            inside = [
                (file.name, file.octets) for octets in readings for file in uuencode.files(octets, _MAX_FILES)
            ]
            if inside:
                self._doubt(
                    Trick.UUENCODE,
                    number,
                    "a uuencoded file stands in the text; some readers show it as an attachment",
                )
                self._found(inside, Origin.UUENCODED, children)

    def _found(self, files: list[tuple[str, bytes]], origin: Origin, children: Children) -> None:
        for name, octets in dict.fromkeys(files):
            if not self._may_look(len(octets), children.place.number) or not self._may_go_on(children):
                return
            place = children.next(origin)
            children.made.append(
                Part(
                    place.number,
                    origin,
                    octets,
                    0,
                    0,
                    len(octets),
                    media_types=("application/octet-stream",),
                    names=(name,) if name else (),
                    reading=place.reading,
                    nested=True,
                )
            )


def _says_the_same(one: Claims, other: Claims) -> bool:
    """Tell whether two headers make the same multipart of a body."""
    return (
        one.media_types == other.media_types
        and one.boundaries == other.boundaries
        and one.encodings == other.encodings
        and all(media_type.startswith("multipart/") for media_type in one.media_types)
    )


def _external(said: Claims) -> str:
    parameters = dict(said.parameters)
    where = parameters.get("url") or " ".join(filter(None, (parameters.get("site"), parameters.get("name"))))
    return f"the body is elsewhere, to be fetched by {parameters.get('access-type', 'nobody')[:40]}: {where[:200]}"
