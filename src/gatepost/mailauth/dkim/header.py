"""The header as signatures see it: which fields one covers, canonical, and their hash (RFC 6376 §3.4, §3.7, §5.4.2).

One per message, for all its DKIM and ARC signatures: each field is brought into a canonical form at most once. Knows
no tags but `b=`, which a signature cannot cover.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from gatepost.mail.fields import Field
from gatepost.mailauth.dkim.body import Canonical
from gatepost.mailauth.dkim.hash import Hash


class SignedHeader:
    """The fields of a message, from the top, to be hashed."""

    def __init__(self, fields: Sequence[Field]) -> None:
        self._fields = fields
        self._relaxed: dict[int, bytes] = {}
        self._places: dict[str, list[int]] = {}
        for place, field in enumerate(fields):
            self._places.setdefault(field.name, []).append(place)

    def count(self, name: str) -> int:
        """Count the fields of a name (in lower case)."""
        return len(self._places.get(name, ()))

    def digest(
        self,
        names: Iterable[str],
        canonical: Canonical,
        own: Field,
        own_place: int = -1,
        by: Hash = Hash.SHA256,
    ) -> bytes:
        """Give the hash over the named fields and the signature's own field without its signature.

        Names are in lower case. A name takes the lowest field of its name that none has taken yet; one more than
        there are fields takes nothing, and so keeps a field from being added (§5.4.2). `own_place` is where the own
        field stands, for it is never among the named ones (§3.7); -1 when it stands nowhere yet.
        """
        parts = [self._at(place, canonical) for place in self._chosen(names, own_place)]
        parts.append(unsigned(own.raw, canonical))
        return by.of(b"".join(parts))

    def _chosen(self, names: Iterable[str], own_place: int) -> Iterable[int]:
        left: dict[str, int] = {}
        for name in names:
            places = self._places.get(name)
            if not places:
                continue
            count = left.get(name, len(places))
            while count:
                count -= 1
                if places[count] != own_place:
                    yield places[count]
                    break
            left[name] = count

    def _at(self, place: int, canonical: Canonical) -> bytes:
        raw = self._fields[place].raw
        if canonical is Canonical.SIMPLE:
            return raw if raw.endswith(b"\r\n") else raw + b"\r\n"
        relaxed = self._relaxed.get(place)
        if relaxed is None:
            relaxed = self._relaxed[place] = relax(raw)
        return relaxed


def relax(raw: bytes) -> bytes:
    """Bring a field into the relaxed form, with its last CRLF (RFC 6376 §3.4.2)."""
    name, _, value = raw.replace(b"\r\n", b"").partition(b":")
    if b"\t" in value:
        value = value.replace(b"\t", b" ")
    if b"  " in value:
        value = b" ".join([word for word in value.split(b" ") if word])
    return b"%b:%b\r\n" % (name.rstrip(b" \t").lower(), value.strip(b" "))


def unsigned(raw: bytes, canonical: Canonical) -> bytes:
    """Give the canonical form of a signature's own field: its `b=` empty, and no last CRLF (RFC 6376 §3.7)."""
    raw = without_signature(raw.removesuffix(b"\r\n"))
    return raw if canonical is Canonical.SIMPLE else relax(raw).removesuffix(b"\r\n")


def without_signature(raw: bytes) -> bytes:
    """Empty the value of the tag `b=`, with the blanks around it; a field without one stays as it is."""
    start = raw.find(b":") + 1
    while start <= len(raw):
        end = raw.find(b";", start)
        end = len(raw) if end < 0 else end
        name, equals, _ = raw[start:end].partition(b"=")
        if equals and name.strip(b" \t\r\n") == b"b":
            return raw[: start + len(name) + 1] + raw[end:]
        start = end + 1
    return raw
