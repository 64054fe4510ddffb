"""What a person sees of HTML, and where it leads: text, links, forms, scripts, read in one pass as a browser reads.

Between the MIME view or a file and the checks that judge text and links. It makes no tree, so depth costs nothing,
and never looks for the same missing end twice, so every input costs time in proportion to its length. What a browser
would swallow because a quote is never closed is read all the same: here it is better to see too much. Knows no check.
"""

from __future__ import annotations

import re
from functools import lru_cache
from html import unescape
from typing import Final

from msgspec import Struct

MAX_TEXT: Final = 1_000_000
MAX_LINKS: Final = 5_000
MAX_ATTRIBUTES: Final = 200
_MAX_VALUE: Final = 200_000
_MAX_SHOWN: Final = 500
_MAX_SCRIPT: Final = 1_000_000


class HtmlLink(Struct, frozen=True, gc=False):
    """An address in HTML: the element and attribute that hold it, the address as written, and the text that is shown.

    `element` is "a", "form", "meta" and so on; only what a person follows has something `shown`.
    """

    element: str
    attribute: str
    target: str
    shown: str = ""


class Html(Struct, frozen=True, gc=False):
    """What was read. `hidden` is text that a style keeps from being seen; `scripts` are the texts of scripts.

    Those of attributes for events are among them. `fields` are the types of what a form asks for.
    `base` is what relative addresses begin from, "" when they have no base. `downloads` are names that links give to
    what they load. `whole` is False when a bound ended the reading.
    """

    text: str
    hidden: str
    links: tuple[HtmlLink, ...]
    scripts: tuple[str, ...]
    base: str
    downloads: tuple[str, ...]
    fields: tuple[str, ...]
    whole: bool


_ADDRESSES: Final = frozenset(
    {
        "href", "src", "action", "formaction", "data", "background", "poster", "xlink:href", "longdesc", "cite",
        "codebase", "code", "archive", "ping", "manifest", "classid", "lowsrc", "dynsrc",
    }
)  # fmt: skip
_BLOCKS: Final = frozenset(
    {
        "p", "br", "div", "tr", "td", "th", "li", "ul", "ol", "table", "h1", "h2", "h3", "h4", "h5", "h6", "hr",
        "blockquote", "pre", "section", "article", "header", "footer", "title", "option", "dt", "dd", "form",
    }
)  # fmt: skip
# Their content is text up to their own end tag (HTML standard, 13.1.2: raw text and escapable raw text).
_RAW: Final = frozenset({"script", "style", "textarea", "title", "xmp", "iframe", "noembed", "noframes"})
_VOID: Final = frozenset(
    {"br", "img", "hr", "input", "meta", "link", "area", "base", "col", "embed", "source", "wbr"}
)
_MARKUP: Final = re.compile(r"<(?=[a-zA-Z/!?])")
_TAG: Final = re.compile(r"</?[a-zA-Z][^\s/>]{0,60}")
_END_TAGS: Final = {f"</{name}": re.compile("</" + name + r"(?=[\s/>])", re.IGNORECASE) for name in _RAW}
_ATTRIBUTE: Final = re.compile(r"[\s/]*([^\s=>/\"'][^\s=>/]{0,200})\s*(=\s*)?")
_BARE: Final = re.compile(r"[^\s>]*")
_HIDING: Final = re.compile(
    r"display\s*:\s*none|visibility\s*:\s*hidden|font-size\s*:\s*0(?![.\d]*[1-9])|opacity\s*:\s*0(?![.\d]*[1-9])|"
    r"max-height\s*:\s*0(?![.\d]*[1-9])|mso-hide\s*:\s*all|text-indent\s*:\s*-\d{3}",
    re.IGNORECASE,
)
_STYLE_ADDRESS: Final = re.compile(r"url\(\s*[\"']?([^\"')]{1,2000})", re.IGNORECASE)
_REFRESH: Final = re.compile(r"^[\s\d.;,]*(?:url\s*=)?\s*[\"']?([^\"']{1,2000})", re.IGNORECASE)


@lru_cache(maxsize=8)
def read_html(html: str) -> Html:
    """Read HTML of any size and quality in linear time. Raises nothing.

    The last ones are kept: several checks read the same page of a message one after the other.
    """
    return _Reader(html).read()


class _Reader:
    def __init__(self, html: str) -> None:
        self._html = html
        self._at = 0
        self._missing: set[str] = set()  # ends that are not to be found behind here, so not anywhere behind
        self._text: list[str] = []
        self._hidden: list[str] = []
        self._room = MAX_TEXT
        self._links: list[HtmlLink] = []
        self._scripts: list[str] = []
        self._script_room = _MAX_SCRIPT
        self._base = ""
        self._downloads: list[str] = []
        self._fields: list[str] = []
        self._anchor: tuple[str, list[str]] | None = None
        self._hiding = ""  # the element that hides what is in it, and how many of its name are open
        self._hiding_depth = 0

    def read(self) -> Html:
        html = self._html
        end = len(html)
        while self._at < end and self._room > 0 and len(self._links) < MAX_LINKS:
            found = _MARKUP.search(html, self._at)
            if found is None:
                self._say(html[self._at :])
                self._at = end
                break
            start = found.start()
            if start > self._at:
                self._say(html[self._at : start])
            self._at = start
            self._markup()
        self._end_anchor()
        return Html(
            text=_tidy("".join(self._text)),
            hidden=_tidy("".join(self._hidden)),
            links=tuple(self._links),
            scripts=tuple(self._scripts),
            base=self._base,
            downloads=tuple(self._downloads),
            fields=tuple(self._fields),
            whole=self._at >= end,
        )

    def _markup(self) -> None:
        """Read what begins with "<" here: a tag, a comment, or a declaration."""
        html, at = self._html, self._at
        tag = _TAG.match(html, at)
        if tag is not None:
            self._tag(tag[0], tag.end())
        elif html.startswith("<!--", at):
            if html.startswith(("<!-->", "<!--->"), at):  # an empty comment, to a browser
                self._at = html.index(">", at) + 1
            else:
                self._at = self._behind("-->", at + 4)
        elif html.startswith("<![CDATA[", at):
            stop = self._find("]]>", at + 9)
            self._say(html[at + 9 : stop] if stop >= 0 else html[at + 9 :])
            self._at = stop + 3 if stop >= 0 else len(html)
        else:
            self._at = self._behind(">", at + 2)

    def _tag(self, opening: str, at: int) -> None:
        closing = opening.startswith("</")
        name = opening[2 if closing else 1 :].lower()
        attributes = self._attributes(at)
        if closing:
            self._close(name)
            return
        if name in _BLOCKS:
            self._say("\n")
        self._open(name, attributes)
        if name in _RAW:
            self._raw(name)

    def _attributes(self, at: int) -> dict[str, str]:
        """Read attributes to the end of the tag; the first of each name counts, as in a browser."""
        html = self._html
        found: dict[str, str] = {}
        for _ in range(MAX_ATTRIBUTES):
            attribute = _ATTRIBUTE.match(html, at)
            if attribute is None:
                break
            at = attribute.end()
            value = ""
            if attribute[2]:
                quote = html[at : at + 1]
                if quote in ('"', "'"):
                    stop = self._find(quote, at + 1)
                    if stop < 0:
                        stop = self._behind(">", at + 1) - 1
                    value = html[at + 1 : min(stop, at + 1 + _MAX_VALUE)]
                    at = min(stop + 1, len(html)) if html.startswith(quote, stop) else stop
                else:
                    bare = _BARE.match(html, at, at + _MAX_VALUE)
                    value = bare[0] if bare is not None else ""
                    at += len(value)
            found.setdefault(attribute[1].lower(), unescape(value) if "&" in value else value)
        self._at = self._behind(">", at)
        return found

    def _open(self, name: str, attributes: dict[str, str]) -> None:
        style = attributes.get("style", "")
        if self._hiding:
            self._hiding_depth += name == self._hiding
        elif name not in _VOID and ("hidden" in attributes or (style and _HIDING.search(style))):
            self._hiding, self._hiding_depth = name, 1
        for attribute, value in attributes.items():
            if attribute in _ADDRESSES:
                self._address(name, attribute, value)
            elif attribute.startswith("on") and len(attribute) > 4:  # onload, onclick, ...
                self._script(value)
            elif attribute == "srcset":
                for candidate in value.split(",")[:20]:
                    self._address(name, attribute, candidate.strip().partition(" ")[0])
        for address in _STYLE_ADDRESS.findall(style)[:20]:
            self._address(name, "style", address)
        if name == "meta" and attributes.get("http-equiv", "").strip().lower() == "refresh":
            refresh = _REFRESH.match(attributes.get("content", ""))
            if refresh is not None:
                self._address(name, "refresh", refresh[1])
        elif name == "base" and not self._base:
            self._base = attributes.get("href", "").strip()
        elif name in ("input", "textarea", "select") and len(self._fields) < MAX_ATTRIBUTES:
            self._fields.append(attributes.get("type", "text").lower()[:40] if name == "input" else name)
        if "download" in attributes and len(self._downloads) < MAX_ATTRIBUTES:
            self._downloads.append(attributes["download"][:_MAX_SHOWN])
        if "alt" in attributes:
            self._say(f" {attributes['alt']} ", decoded=True)

    def _address(self, element: str, attribute: str, value: str) -> None:
        target = value.strip()
        if not target or target.startswith("#"):
            return
        if element in ("a", "area") and attribute == "href":
            self._end_anchor()
            self._anchor = (target, [])
        elif len(self._links) < MAX_LINKS:
            self._links.append(HtmlLink(element, attribute, target))

    def _close(self, name: str) -> None:
        if name == "a":
            self._end_anchor()
        if name in _BLOCKS:
            self._say("\n")
        if name == self._hiding:
            self._hiding_depth -= 1
            if not self._hiding_depth:
                self._hiding = ""

    def _end_anchor(self) -> None:
        if self._anchor is not None:
            target, pieces = self._anchor
            self._anchor = None
            self._links.append(HtmlLink("a", "href", target, _tidy("".join(pieces))[:_MAX_SHOWN]))

    def _raw(self, name: str) -> None:
        """Take what is text up to the end tag of its own element."""
        html, start = self._html, self._at
        stop = self._find(f"</{name}", start)
        content = html[start:] if stop < 0 else html[start:stop]
        if name == "script":
            self._script(content)
        elif name == "style":
            for address in _STYLE_ADDRESS.findall(content)[:100]:
                self._address(name, "style", address)
        else:
            self._say(content)
        self._at = len(html) if stop < 0 else stop

    def _script(self, script: str) -> None:
        if self._script_room > 0 and script and not script.isspace():
            self._scripts.append(script[: self._script_room])
            self._script_room -= len(script)

    def _say(self, text: str, *, decoded: bool = False) -> None:
        """Take text as a person would see it, or as it is kept from being seen."""
        if "&" in text and not decoded:
            text = unescape(text)
        text = text[: self._room]
        self._room -= len(text)
        (self._hidden if self._hiding else self._text).append(text)
        if self._anchor is not None:
            self._anchor[1].append(text)

    def _behind(self, end: str, at: int) -> int:
        """Give the place behind an end mark, or the end of all."""
        stop = self._find(end, at)
        return len(self._html) if stop < 0 else stop + len(end)

    def _find(self, mark: str, at: int) -> int:
        """Find a mark, in letters of either case; once it is missing it is not looked for again."""
        if mark in self._missing:
            return -1
        if mark.startswith("</"):
            found = _END_TAGS[mark].search(self._html, at)
            stop = -1 if found is None else found.start()
        else:
            stop = self._html.find(mark, at)
        if stop < 0:
            self._missing.add(mark)
        return stop


def _tidy(text: str) -> str:
    """Make one space of many, and one line of many."""
    return "\n".join(filter(None, [" ".join(line.split()) for line in text.split("\n")]))
