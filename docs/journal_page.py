"""The page about the journal's format, from the record types and their docstrings."""

from __future__ import annotations

import inspect
from types import NoneType, UnionType
from typing import Any, get_args, get_origin, get_type_hints

import msgspec
from msgspec.structs import fields

from gatepost.checks.evidence import Evidence
from gatepost.checks.finding import Finding, Result, Stage
from gatepost.journal.records import VERSION, AnyRecord, Said
from gatepost.journal.writer import MAX_FILE
from gatepost.policy.disposition import Action, Disposition
from gatepost.reply.reply import Reply
from gatepost.smtp.client_event import Step

_EXAMPLE = Said(
    time=1795440605.173,
    session="35ahjhz1g0700",
    message="35ahjhz1g0700-1",
    stage="rcpt",
    command="RCPT TO:<eve@elsewhere.example>",
    reply=Reply(
        550,
        "5.7.1",
        "<eve@elsewhere.example>: this gateway does not take mail for the domain from you"
        " (relay-denied 35ahjhz1g0700-1)",
        "relay-denied",
    ),
    disposition=Disposition(action=Action.REJECT, rule="relay"),
)
_INTRODUCTION = f"""\
# The journal

<!-- Written by docs/generate.py from gatepost.journal.records. Do not edit. -->

The journal is the record of what happened: every session, every reply that was given or received, what was
decided and why, every attempt to deliver. `gatepost trace` tells it in words; this page is for programs that
read it, and for people with `grep`. It is version {VERSION} of a public format.

## Files

The journal is the folder `journal` in the data directory. Each writer has files of its own, named
`<UTC start time>-<writer>.jsonl`, for example `2026-11-23T133005.123Z-w0.jsonl`. A writer goes on in a new file
at {MAX_FILE >> 20} MiB and at midnight UTC, and never touches an old one again: old files may be moved, packed
or deleted at any time. Records of several files are brought into one order by their `time`.

One record is one line: a JSON object in UTF-8, compact (no blanks between its parts), ended by a line feed. It
begins with `type`, `time` and `session`. Fields with their default value are left out. A program that reads
must pass over types and fields that it does not know, and a last line without its line feed: that line is being
written, or a power cut took its end.

The journal is written without waiting for the disk, for it is the spool that is durable: after a power cut the
last seconds may be missing here, but no message is. When the disk takes nothing, records wait in memory; were
some given up, a `gateway` record with the event `journal-gap` says how many.

```json
{{}}
```

## Records

Every record has these fields:
"""


def page() -> str:
    """Give the text of docs/journal.md."""
    example = msgspec.json.encode(_EXAMPLE).decode()
    lines = [_INTRODUCTION.replace("{}", example)]
    base = fields(Said.__mro__[1])
    lines += [*_table(Said.__mro__[1], [field.name for field in base]), ""]
    for record in get_args(AnyRecord):
        own = [field.name for field in fields(record)][len(base) :]
        lines += [f"### {record.__struct_config__.tag}", "", _said(record), "", *_table(record, own), ""]
    lines += ["## Values inside records", ""]
    for value in (Reply, Step, Disposition, Finding):
        names = [field.name for field in fields(value)]
        lines += [f"### {value.__name__.lower()}", "", _said(value), "", *_table(value, names), ""]
    lines += ["### evidence", "", "What a finding rests on; `kind` tells which of these it is.", ""]
    for evidence in get_args(Evidence):
        named = ", ".join(f"`{field.name}`" for field in fields(evidence))
        lines.append(f"- `{evidence.__struct_config__.tag}` ({named}): {_said(evidence)}")
    return "\n".join(lines) + "\n"


def _said(kind: type) -> str:
    return inspect.cleandoc(kind.__doc__ or "")


def _table(kind: type[msgspec.Struct], names: list[str]) -> list[str]:
    hints = get_type_hints(kind)
    return ["| field | type | when left out |", "| --- | --- | --- |"] + [
        f"| `{field.name}` | {_type(hints[field.name])} | {_default(field)} |"
        for field in fields(kind)
        if field.name in names
    ]


def _default(field: msgspec.structs.FieldInfo) -> str:
    if field.required:
        return "never left out"
    if field.default is msgspec.NODEFAULT:
        return "empty"
    default = field.default
    if default is None:
        return "none"
    return "empty" if default in {"", ()} else f"`{msgspec.json.encode(default).decode()}`"


def _type(hint: Any) -> str:
    """Name a type as JSON has it."""
    if hint in {Result, Stage, Action}:
        return "one of " + ", ".join(f"`{member}`" for member in hint)
    if hint == Evidence:
        return "[evidence](#evidence)"
    if get_origin(hint) is UnionType:
        return " or ".join(_type(part) for part in get_args(hint) if part is not NoneType)
    if get_origin(hint) is tuple:
        return f"array of {_type(get_args(hint)[0])}"
    if get_origin(hint) is dict:
        return "object of strings"
    if isinstance(hint, type) and issubclass(hint, msgspec.Struct):
        return f"[{hint.__name__.lower()}](#{hint.__name__.lower()})"
    return {str: "string", float: "number", int: "integer", bool: "boolean"}[hint]
