"""Explanations for programs: one JSON object a line, CSV, and the summary of a log as one JSON object.

The names of the fields are a contract with scripts. Reads nothing and opens nothing.
"""

from __future__ import annotations

import csv
import io
from typing import Any, Final

import msgspec

from gatepost.cli.explaining.board import by_weight
from gatepost.cli.explaining.rows import Row
from gatepost.maillog.summary import DomainCount, Summary, Trouble
from gatepost.reply.explanation import Explanation

_ENCODER: Final = msgspec.json.Encoder()
COLUMNS: Final = (
    "time", "system", "program", "key", "result", "code", "enhanced", "status", "class", "cause", "confidence",
    "direction", "stage", "side", "retry", "persistence", "peer", "sender", "recipient", "message_id",
    "text", "evidence", "meaning", "action", "causes", "references",
)  # fmt: skip
_LINE_ENDS: Final = tuple((chr(sign).encode(), b"\\u%04x" % sign) for sign in (0x85, 0x2028, 0x2029))
# A spreadsheet takes what begins so for a formula, and what stands here was written by strangers.
_FORMULA: Final = ("=", "+", "-", "@", "\t", "\r")


def json_line(row: Explanation) -> bytes:
    """Give an explanation as one line of JSON, its end included: one line to whoever splits by what Unicode says."""
    line = _ENCODER.encode(row)
    if not line.isascii():
        for sign, escape in _LINE_ENDS:
            line = line.replace(sign, escape)
    return line + b"\n"


def json_object(value: Explanation | dict[str, Any]) -> str:
    """Give a value as JSON for people to read too."""
    return msgspec.json.format(_ENCODER.encode(value), indent=2).decode()


def csv_header() -> str:
    """Give the first line of the CSV, its end included."""
    return _csv(COLUMNS)


def csv_line(row: Row) -> str:
    """Give an explanation as one record of CSV (RFC 4180, with LF), its end included."""
    return _csv(tuple(_cell(getattr(row, "class_" if name == "class" else name)) for name in COLUMNS))


def _cell(value: object) -> str:
    if value is None:
        return ""
    text = "; ".join(value) if isinstance(value, tuple) else str(value)
    return "'" + text if text.startswith(_FORMULA) else text


def _csv(cells: tuple[str, ...]) -> str:
    line = io.StringIO()
    csv.writer(line, lineterminator="\n").writerow(cells)
    return line.getvalue()


def plain(summary: Summary) -> dict[str, Any]:
    """Give a summary as plain values: the rows by weight, each with its explanation and examples."""
    return {
        "systems": summary.systems,
        "lines": summary.lines,
        "octets": summary.octets,
        "first": summary.first,
        "last": summary.last,
        "results": summary.results,
        "causes": [_trouble(row) for row in by_weight(summary)],
        "domains": dict(sorted(summary.domains.items(), key=lambda item: (-_bad(item[1]), item[0]))),
        "hours": dict(sorted(summary.hours.items())),
        "unread": {
            "foreign": summary.foreign,
            "broken": summary.broken,
            "cut": summary.cut,
            "lines": summary.unread,
        },
    }


def _trouble(row: Trouble) -> dict[str, Any]:
    facts = {name: getattr(row, name) for name in row.__struct_fields__}
    return {**facts, "count": row.count}


def _bad(counts: DomainCount) -> int:
    return counts.refused + counts.delayed
