"""Aggregate reports as XML: written by the schema of RFC 9990 (appendix A), read also as RFC 7489 had them.

Reports come from anyone. They are read in one pass by expat, with a bound for size, depth, rows and each text, and
without any document type: so there are no entities, no external ones either. What is unpacked is unpacked up to the
bound. What cannot be read is a value that says why; what is odd in the rest is said in `Report.problems`.
"""

from __future__ import annotations

import re
import zlib
from collections.abc import Iterator
from ipaddress import ip_address
from typing import Final
from xml.parsers import expat

from msgspec import Struct

from gatepost.mailauth.dmarc.report import (
    DkimResult,
    Override,
    PolicyPublished,
    Report,
    Row,
    SpfResult,
)

MAX_XML: Final = 1 << 25  # octets, unpacked
MAX_ROWS: Final = 30_000
MAX_ELEMENTS: Final = 1_000_000
MAX_TIME: Final = 4_102_444_800  # 2100-01-01, in seconds since 1970
MAX_TEXT: Final = 1000  # characters of one element
MAX_SIGNATURES: Final = 100  # of one row, RFC 9990 §3.1.3
_MAX_DEPTH: Final = 32
_MAX_PROBLEMS: Final = 20
_NAMESPACE: Final = "urn:ietf:params:xml:ns:dmarc-2.0"

_ILLEGAL: Final = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")  # XML 1.0 §2.2
_ESCAPES: Final = str.maketrans({"&": "&amp;", "<": "&lt;", ">": "&gt;", "\r": "&#13;"})


class Unreadable(Struct, frozen=True, gc=False):
    """What is no report that could be read, and why, in words."""

    why: str


def write_report(report: Report) -> bytes:
    """Write a report as an XML document in UTF-8. Raises ValueError when it has no rows, as RFC 9990 wants one."""
    if not report.rows:
        raise ValueError("a report has at least one row")
    policy = report.policy
    out = [
        f'<?xml version="1.0" encoding="UTF-8"?>\n<feedback xmlns="{_NAMESPACE}">\n<version>1.0</version>\n',
        "<report_metadata>",
        _element("org_name", report.org_name),
        _element("email", report.email),
        _optional("extra_contact_info", report.extra_contact_info),
        _element("report_id", report.report_id),
        f"<date_range><begin>{report.begin}</begin><end>{report.end}</end></date_range>",
        _optional("error", "; ".join(report.errors)),  # one at most
        _optional("generator", report.generator),
        "</report_metadata>\n<policy_published>",
        _element("domain", policy.domain),
        _element("p", policy.p),
        *(
            _optional(name, getattr(policy, name))
            for name in ("sp", "np", "adkim", "aspf", "discovery_method", "fo", "testing")
        ),
        "</policy_published>\n",
    ]
    for row in report.rows:
        out += _row(row)
    out.append("</feedback>\n")
    return "".join(out).encode()


def _row(row: Row) -> Iterator[str]:
    yield "<record><row>"
    yield _element("source_ip", row.source_ip)
    yield f"<count>{row.count}</count><policy_evaluated>"
    yield _element("disposition", row.disposition) + _element("dkim", row.dkim) + _element("spf", row.spf)
    for override in row.overrides:
        yield f"<reason>{_element('type', override.type)}{_optional('comment', override.comment)}</reason>"
    yield "</policy_evaluated></row><identifiers>"
    yield _element("header_from", row.header_from)
    for name, value in (("envelope_from", row.envelope_from), ("envelope_to", row.envelope_to)):
        if value is not None:
            yield _element(name, value)
    yield "</identifiers><auth_results>"
    for signature in row.signatures[:MAX_SIGNATURES]:
        yield "<dkim>"
        yield _element("domain", signature.domain) + _element("selector", signature.selector)
        yield _element("result", signature.result) + _optional("human_result", signature.human_result)
        yield "</dkim>"
    for spf in row.spf_results[:1]:  # RFC 9990 §3.1.1.11: one at most
        yield "<spf>"
        yield _element("domain", spf.domain) + _optional("scope", spf.scope)
        yield _element("result", spf.result) + _optional("human_result", spf.human_result)
        yield "</spf>"
    yield "</auth_results></record>\n"


def _element(name: str, text: str) -> str:
    return f"<{name}>{_ILLEGAL.sub('?', text[:MAX_TEXT]).translate(_ESCAPES)}</{name}>"


def _optional(name: str, text: str) -> str:
    return _element(name, text) if text else ""


def read_report(octets: bytes) -> Report | Unreadable:
    """Read a report from an attachment: XML as it is, or packed by gzip or zip. Never raises."""
    xml = _unpacked(octets)
    if isinstance(xml, Unreadable):
        return xml
    reader = _Reader()
    try:
        reader.parser.Parse(
            xml, True
        )  # at once: of a long token expat reads each piece anew from its beginning
    except _Refused as refused:
        return Unreadable(str(refused))
    except expat.ExpatError as error:
        return Unreadable(f"it is no well-formed XML: {error}")
    except (LookupError, ValueError):  # by the codec that an encoding declaration names
        return Unreadable("it is written in an encoding that is not known")
    return reader.report()


def _unpacked(octets: bytes) -> bytes | Unreadable:
    if octets.startswith(b"\x1f\x8b"):
        return _inflated(octets, zlib.MAX_WBITS | 16)
    if octets.startswith(b"PK\x03\x04"):
        return _from_zip(octets)
    return octets if len(octets) <= MAX_XML else _TOO_LARGE


_TOO_LARGE: Final = Unreadable(f"it is larger than {MAX_XML >> 20} MiB")


def _inflated(octets: bytes, window: int) -> bytes | Unreadable:
    inflating = zlib.decompressobj(window)
    try:
        xml = inflating.decompress(octets, MAX_XML + 1)
    except zlib.error:
        return Unreadable("it cannot be unpacked")
    if len(xml) > MAX_XML:
        return _TOO_LARGE
    return xml if inflating.eof else Unreadable("it cannot be unpacked, as its end is missing")


def _from_zip(octets: bytes) -> bytes | Unreadable:
    """Unpack the first file of a ZIP archive from its local header (APPNOTE §4.3.7).

    Reports come alone in their archive. The directory at its end is not looked at: it can name anything.
    """
    if len(octets) < 30:
        return Unreadable("it cannot be unpacked, as its end is missing")
    flags, method = (int.from_bytes(octets[at : at + 2], "little") for at in (6, 8))
    size = int.from_bytes(octets[18:22], "little")
    start = 30 + sum(int.from_bytes(octets[at : at + 2], "little") for at in (26, 28))
    match method:
        case _ if flags & 1:
            return Unreadable("it is a ZIP archive with a password")
        case 8:
            return _inflated(octets[start:], -zlib.MAX_WBITS)
        case 0 if size <= MAX_XML:
            return octets[start : start + size]
        case 0:
            return _TOO_LARGE
        case _:
            return Unreadable(f"it is a ZIP archive with the method {method}")


class _Refused(Exception):  # noqa: N818 - it is the document that errs
    """The document is not read any further; the text says why."""


_RECORD: Final = "/feedback/record"
_METADATA: Final = "/feedback/report_metadata"
_POLICY: Final = "/feedback/policy_published"
# What a record may have several times, each with texts of its own, and how often it is read.
_REASONS: Final = f"{_RECORD}/row/policy_evaluated/reason"
_SIGNATURES: Final = f"{_RECORD}/auth_results/dkim"
_SPF_RESULTS: Final = f"{_RECORD}/auth_results/spf"
_GROUPS: Final = {_REASONS: 20, _SIGNATURES: MAX_SIGNATURES, _SPF_RESULTS: 10}
_POLICY_TAGS: Final = ("domain", "p", "sp", "np", "adkim", "aspf", "discovery_method", "fo", "testing", "pct")
_TEXTS: Final = frozenset(
    [
        *(
            f"{_METADATA}/{name}"
            for name in ("org_name", "email", "extra_contact_info", "report_id", "error")
        ),
        *(f"{_METADATA}/{name}" for name in ("date_range/begin", "date_range/end", "generator")),
        *(f"{_POLICY}/{name}" for name in _POLICY_TAGS),
        *(f"{_RECORD}/row/{name}" for name in ("source_ip", "count")),
        *(f"{_RECORD}/row/policy_evaluated/{name}" for name in ("disposition", "dkim", "spf")),
        *(f"{_RECORD}/identifiers/{name}" for name in ("header_from", "envelope_from", "envelope_to")),
        *(f"{_REASONS}/{name}" for name in ("type", "comment")),
        *(f"{_SIGNATURES}/{name}" for name in ("domain", "selector", "result", "human_result")),
        *(f"{_SPF_RESULTS}/{name}" for name in ("domain", "scope", "result", "human_result")),
    ]
)
_LONGEST_NAME: Final = 64  # of an element


class _Reader:
    """Gathers the texts of a document by the path of their element, and makes values of them."""

    def __init__(self) -> None:
        self.parser = expat.ParserCreate()
        self.parser.buffer_text = True
        self.parser.StartElementHandler = self._start
        self.parser.EndElementHandler = self._end
        self.parser.CharacterDataHandler = self._text
        self.parser.StartDoctypeDeclHandler = self._doctype
        self._prefix = ""  # of the names of elements; RFC 9990 has none, some writers do
        self._paths: list[str] = []
        self._skipping = 0  # how deep within an element that is not read, such as an extension
        self._elements = 0
        self._pieces: list[str] = []
        self._room = 0  # for so many more characters
        self._head: dict[str, str] = {}  # texts outside of records
        self._errors: list[str] = []
        self._texts: dict[str, str] = {}  # of one record
        self._groups: dict[str, list[dict[str, str]]] = {}
        self._rows: list[Row] = []
        self._dropped = 0
        self._problems: dict[str, None] = {}  # each once, in order

    def _doctype(self, *_: object) -> None:
        raise _Refused("it has a document type, which no report needs")

    def _start(self, name: str, _: object) -> None:
        self._elements += 1
        if self._elements > MAX_ELEMENTS:
            raise _Refused(f"it has more than {MAX_ELEMENTS} elements")
        if len(self._paths) + self._skipping >= _MAX_DEPTH:
            raise _Refused("its elements are nested too deep")
        prefix, _, local = name.rpartition(":")
        path = f"{self._paths[-1]}/{local}" if self._paths else f"/{local}"
        if not self._paths:
            if local != "feedback":
                raise _Refused("it is another kind of XML")
            self._prefix = prefix
        elif self._skipping or prefix != self._prefix or len(local) > _LONGEST_NAME or self._is_full(path):
            self._skipping += 1
            return
        self._paths.append(path)
        self._pieces, self._room = [], MAX_TEXT
        if path == _RECORD:
            self._texts, self._groups = {}, {}
        elif path in _GROUPS:
            self._groups.setdefault(path, []).append({})

    def _is_full(self, path: str) -> bool:
        """Tell whether a record has as many of an element as are read, and note it."""
        most = _GROUPS.get(path)
        if most is None or len(self._groups.get(path, ())) < most:
            return False
        self._problem("a record has more signatures, results or reasons than are read")
        return True

    def _text(self, text: str) -> None:
        if self._room > 0 and not self._skipping:
            self._pieces.append(text[: self._room])
            self._room -= len(text)

    def _end(self, _: str) -> None:
        if self._skipping:
            self._skipping -= 1
            return
        path = self._paths.pop()
        text = "".join(self._pieces).strip()
        self._pieces, self._room = [], 0
        if path == _RECORD:
            self._end_record()
        elif path in _TEXTS:
            parent, _, name = path.rpartition("/")
            if parent in _GROUPS:
                self._groups[parent][-1].setdefault(name, text)
            elif path == f"{_METADATA}/error":
                self._errors += [text] if text and len(self._errors) < _MAX_PROBLEMS else []
            else:
                (self._texts if path.startswith(_RECORD) else self._head).setdefault(path, text)

    def _end_record(self) -> None:
        if len(self._rows) + self._dropped >= MAX_ROWS:
            raise _Refused(f"it has more than {MAX_ROWS} records")
        row = self._row()
        if row is None:
            self._dropped += 1
        else:
            self._rows.append(row)

    def _row(self) -> Row | None:
        texts, groups = self._texts, self._groups
        count = _number(texts.get(f"{_RECORD}/row/count", ""))
        if count is None:
            self._problem("a record has no count and is left out")
            return None
        try:
            source_ip = str(ip_address(texts.get(f"{_RECORD}/row/source_ip", "")))
        except ValueError:
            self._problem("a record has no IP address and is left out")
            return None
        evaluated = f"{_RECORD}/row/policy_evaluated"
        return Row(
            source_ip=source_ip,
            count=count,
            disposition=self._word(texts, f"{evaluated}/disposition"),
            dkim=self._word(texts, f"{evaluated}/dkim"),
            spf=self._word(texts, f"{evaluated}/spf"),
            header_from=texts.get(f"{_RECORD}/identifiers/header_from", "").lower(),
            overrides=tuple(
                [
                    Override(reason.get("type", ""), reason.get("comment", ""))
                    for reason in groups.get(_REASONS, ())
                ]
            ),
            envelope_from=texts.get(f"{_RECORD}/identifiers/envelope_from"),
            envelope_to=texts.get(f"{_RECORD}/identifiers/envelope_to"),
            signatures=tuple(
                [
                    DkimResult(
                        dkim.get("domain", ""),
                        dkim.get("selector", ""),
                        dkim.get("result", "").lower(),
                        dkim.get("human_result", ""),
                    )
                    for dkim in groups.get(_SIGNATURES, ())
                ]
            ),
            spf_results=tuple(
                [
                    SpfResult(
                        spf.get("domain", ""),
                        spf.get("result", "").lower(),
                        spf.get("scope", ""),
                        spf.get("human_result", ""),
                    )
                    for spf in groups.get(_SPF_RESULTS, ())
                ]
            ),
        )

    def report(self) -> Report | Unreadable:
        """Make the report of all that was read."""
        head = self._head
        domain = head.get(f"{_POLICY}/domain", "").lower()
        begin = _number(head.get(f"{_METADATA}/date_range/begin", ""))
        end = _number(head.get(f"{_METADATA}/date_range/end", ""))
        if not domain:
            return Unreadable("it does not say which domain it is about")
        if begin is None or end is None:
            return Unreadable("it does not say for which time it is")
        if max(begin, end) > MAX_TIME:
            return Unreadable("its time lies beyond 2100")
        if end < begin:
            self._problem("its time ends before it begins")
        if not self._rows:
            self._problem("it has no record that could be read")
        values = {name: head.get(f"{_POLICY}/{name}", "") for name in _POLICY_TAGS[1:]}
        return Report(
            org_name=head.get(f"{_METADATA}/org_name", ""),
            email=head.get(f"{_METADATA}/email", ""),
            report_id=head.get(f"{_METADATA}/report_id", ""),
            begin=begin,
            end=end,
            policy=PolicyPublished(domain=domain, **values),
            rows=tuple(self._rows),
            extra_contact_info=head.get(f"{_METADATA}/extra_contact_info", ""),
            errors=tuple(self._errors),
            generator=head.get(f"{_METADATA}/generator", ""),
            problems=tuple(self._problems),
        )

    def _word(self, texts: dict[str, str], path: str) -> str:
        word = texts.get(path, "").lower()
        if word not in _WORDS:
            self._problem(f"a record says {path.rpartition('/')[2]} in a word that is not known")
        return word

    def _problem(self, words: str) -> None:
        if len(self._problems) < _MAX_PROBLEMS:
            self._problems[words] = None


_WORDS: Final = frozenset(("none", "pass", "fail", "quarantine", "reject"))


def _number(text: str) -> int | None:
    return int(text) if text.isascii() and text.isdigit() and len(text) <= 18 else None
