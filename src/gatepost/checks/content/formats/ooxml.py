"""The reader for Office files since 2007, and OpenDocument: a zip whose parts tell what a document does and fetches.

The zip itself is opened by its own reader, so all its tricks are seen; this one looks at the parts by their names,
and passes on as members only those in which something may be: macros, embedded files, pictures.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from html import unescape
from typing import Final

from gatepost.checks.content.formats.format import Budget, Link, Member, Seen, Sight, Text, Trait
from gatepost.checks.content.formats.kinds import Family, kind_of
from gatepost.checks.content.formats.readers import reader_of
from gatepost.checks.content.formats.text import decoded

_RELATION: Final = re.compile(r"<(?:\w{1,40}:)?Relationship\b([^>]{1,5000})>")
_ATTRIBUTE: Final = re.compile(r"([\w:]{1,40})\s{0,9}=\s{0,9}[\"']([^\"']{0,4000})[\"']")
_WORDS: Final = re.compile(r"<(?:w:t|a:t|t|text:p|text:span|text:h)(?:\s[^>]{0,300})?>([^<]{1,100000})<")
_FIELD: Final = re.compile(r"<w:instrText[^>]{0,300}>([^<]{0,2000})<|w:instr=\"([^\"]{0,2000})\"")
_DDE: Final = re.compile(r"\bDDE(?:AUTO)?\b", re.IGNORECASE)
_DDE_LINK: Final = re.compile(
    r"<(?:\w{1,40}:)?ddeLink\b([^>]{0,2000})>|<table:dde-link|office:dde-", re.IGNORECASE
)
_CUSTOM_UI: Final = re.compile(r"\bonLoad\s{0,9}=\s{0,9}[\"']([^\"']{1,200})")
_ODF_LINK: Final = re.compile(r"xlink:href=[\"']([^\"']{1,4000})")
_AUTO_NAME: Final = re.compile(
    r"<definedName[^>]{0,300}name=\"(?:_xlnm\.)?(Auto_?(?:Open|Close)[^\"]{0,40})\"", re.IGNORECASE
)
_FETCHED: Final = {
    "attachedtemplate": "fetches the template",
    "oleobject": "fetches the object",
    "frame": "fetches the frame",
    "subdocument": "fetches the part",
    "externallinkpath": "takes data from",
    "image": "fetches the picture",
}
_OUTSIDE: Final = re.compile(r"^(?:https?|ftp|file|mhtml|\\\\|//)", re.IGNORECASE)


def read_ooxml(octets: bytes, budget: Budget) -> Iterator[Sight]:
    """Read a document. Raises RuntimeError when no zip can be read here."""
    unzip = reader_of("zip")
    if unzip is None:
        raise RuntimeError("there is no reader for zip")
    for sight in unzip(octets, budget):
        if isinstance(sight, Member):
            yield from _part(sight.name.replace("\\", "/").lstrip("/"), sight)
        else:
            yield sight


def _part(name: str, part: Member) -> Iterator[Sight]:
    lower = name.lower()
    kind = kind_of(part.octets)
    if lower.endswith(".rels"):
        yield from _relations(decoded(part.octets))
    elif kind.family in (Family.MARKUP, Family.TEXT) and not lower.endswith(
        (".htm", ".html", ".mht", ".svg")
    ):
        yield from _markup(lower, decoded(part.octets))
    else:
        if "/embeddings/" in f"/{lower}" or "/activex/" in f"/{lower}" or lower.startswith("object "):
            yield Seen(Trait.EMBEDDED_OBJECT, f"{name} ({kind.name})")
        yield part
    if "/macrosheets/" in f"/{lower}" and lower.endswith((".xml", ".bin")):
        yield Seen(Trait.MACRO, f"a sheet of Excel 4 macros ({name})")
    if lower.startswith("basic/") and lower.endswith(".xml"):
        yield Seen(Trait.MACRO, f"Basic ({name})")


def _relations(markup: str) -> Iterator[Sight]:
    """Read where the parts lead: targets outside of the document are links, and some are fetched unasked."""
    for relation in _RELATION.findall(markup):
        attributes = {key.lower(): unescape(value) for key, value in _ATTRIBUTE.findall(relation)}
        target = attributes.get("target", "")
        if attributes.get("targetmode", "").lower() != "external" and not _OUTSIDE.match(target):
            continue
        fetched = _FETCHED.get(attributes.get("type", "").rpartition("/")[2].lower())
        if fetched is not None and _OUTSIDE.match(target):
            yield Seen(Trait.REMOTE_TEMPLATE, f"{fetched} {target}")
        yield Link(target)


def _markup(name: str, markup: str) -> Iterator[Sight]:
    words = " ".join([unescape(text) for text in _WORDS.findall(markup)])
    if words:
        yield Text(words + "\n")
    fields = " ".join([first or second for first, second in _FIELD.findall(markup)])
    if _DDE.search("".join(fields.split())) or _DDE.search(fields):
        yield Seen(Trait.DDE, " ".join(unescape(fields).split())[:120])
    if _DDE_LINK.search(markup):
        yield Seen(Trait.DDE, f"a link to another program ({name})")
    for callback in _CUSTOM_UI.findall(markup):
        yield Seen(Trait.MACRO_RUNS, f"{callback} when the document is opened ({name})")
    for auto in _AUTO_NAME.findall(markup):
        yield Seen(Trait.MACRO_RUNS, f"{auto} of Excel 4 macros")
    if "office:event-listeners" in markup:
        yield Seen(Trait.MACRO_RUNS, f"a macro that an event starts ({name})")
    for target in _ODF_LINK.findall(markup):
        if _OUTSIDE.match(target):
            yield Link(unescape(target))
