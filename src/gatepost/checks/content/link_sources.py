"""Where the links of a message come from: subject, text, pages, files, codes in pictures, and within other links.

Between the view, what the inspection saw, and the check that judges. All readings of each text part are read, for a
reader may see any; files were read by the inspectors already. Bounded: MAX_LINKS links, MAX_TEXT characters of all
texts together, MAX_PART of one, as this runs in the event loop; what is beyond is said in words.
"""

from __future__ import annotations

from typing import Final

from msgspec import Struct

from gatepost.checks.facts import Content
from gatepost.mail.header import decode_words
from gatepost.mail.html import read_html
from gatepost.mail.links import Address, SeenLink, addresses_in, addresses_within, read_address
from gatepost.mail.mime import Part

MAX_LINKS: Final = 1_000
MAX_PART: Final = 262_144
MAX_TEXT: Final = 524_288
MAX_DEPTH: Final = 3
"""Redirectors behind redirectors that are followed by reading."""

_CODE: Final = "a code in the picture"
_FOLLOWED: Final = frozenset(
    (("a", "href"), ("area", "href"), ("form", "action"), ("button", "formaction"), ("input", "formaction"))
)


class Gathered(Struct, frozen=True):
    """The links of a message, in order, none twice; `cut` says in words what was not read."""

    links: tuple[SeenLink, ...]
    cut: tuple[str, ...]


def gather(content: Content) -> Gathered:
    """Find all links of a message. Raises OSError when the content cannot be read."""
    gathering = _Gathering()
    view = content.view()
    subject = decode_words(view.root.field("subject").decode("utf-8", "replace"))
    gathering.text(subject, "the subject")
    looked_into = {number for number, _ in content.items}
    for part in view.leaves:
        attached = bool(part.names) or part.disposition == "attachment"
        if not (attached and part.number in looked_into):
            gathering.part(part)
    for number, item in content.items:
        where = f"part {number}, {item.where}" if number else item.where
        for link in item.links:
            if link.shown.startswith(_CODE):
                gathering.target(link.target, f"{where}, {link.shown}")
            else:
                gathering.target(link.target, where, link.shown)
        gathering.text(item.text, where)
    return Gathered(tuple(gathering.links.values()), tuple(gathering.cut))


class _Gathering:
    def __init__(self) -> None:
        self.links: dict[tuple[str, str], SeenLink] = {}
        self.cut: dict[str, None] = {}
        self._left = MAX_TEXT

    def part(self, part: Part) -> None:
        """Read all texts that a part may be, each once."""
        types = part.media_types
        if not any(each.startswith("text/") for each in types):
            return
        where = f"part {part.number}" if part.number else "the text"
        is_page = "text/html" in types
        for whole in dict.fromkeys(part.texts()):
            if len(whole) > MAX_PART:
                self.cut[f"of {where} only {MAX_PART:,} of {len(whole):,} characters were read"] = None
            text = whole[: min(MAX_PART, self._left)]
            if len(text) < min(len(whole), MAX_PART):
                self.cut[f"of all texts together only {MAX_TEXT:,} characters were read"] = None
            self._left -= len(text)
            if is_page:
                self._page(text, where)
            if not is_page or any(each != "text/html" for each in types):
                self.text(text, where)

    def _page(self, page: str, where: str) -> None:
        html = read_html(page)
        base = read_address(html.base) if html.base else None
        for link in html.links:
            followed = (link.element, link.attribute) in _FOLLOWED or link.attribute == "refresh"
            self.target(link.target, where, link.shown, base, followed=followed)
        self.text(html.text, where)
        if html.hidden:
            self.text(html.hidden, where)

    def target(
        self, target: str, where: str, shown: str = "", base: Address | None = None, *, followed: bool = True
    ) -> None:
        """Take an address that a page or file holds."""
        if (target, shown) not in self.links:
            address = read_address(target, base)
            if address is not None:
                self._take(SeenLink(address, where, shown, followed=followed))

    def text(self, text: str, where: str) -> None:
        """Take the addresses in a text."""
        for address in addresses_in(text):
            self._take(SeenLink(address, where))

    def _take(self, link: SeenLink, depth: int = 0) -> None:
        key = (link.address.written, link.shown)
        if key in self.links:
            return
        if len(self.links) >= MAX_LINKS:
            self.cut[f"more than {MAX_LINKS:,} links; the others were not looked at"] = None
            return
        self.links[key] = link
        if depth < MAX_DEPTH:
            for inner in addresses_within(link.address):
                self._take(
                    SeenLink(inner, link.where, through=link.address.host, followed=link.followed), depth + 1
                )
