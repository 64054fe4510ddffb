"""The parts of a message and the files in them, as `gatepost scan` shows them: a tree, or a list for scripts."""

from __future__ import annotations

from typing import Final

from gatepost.checks.content.formats.walk import Item
from gatepost.checks.facts import Content
from gatepost.cli.layout import INDENT, cut, printable
from gatepost.journal.words import octets

_WIDTH: Final = 118


def tree(content: Content) -> list[str]:
    """Draw the parts of the message, and the files in them, with what was seen in each."""
    view = content.view()
    files = _by_part(content)
    doubts: dict[str, list[str]] = {}
    for ambiguity in view.ambiguities:
        doubts.setdefault(ambiguity.part, []).append(f"{ambiguity.name}: {ambiguity.words}")
    lines: list[str] = []
    for part in view.parts:
        depth = part.number.count(".") + bool(part.number)
        about = [
            part.media_type,
            part.name and f'"{part.name}"',
            octets(part.end - part.body_start),
            part.reading,
        ]
        lines.append(_branch(depth, f"{part.number or 'message'}  {', '.join(filter(None, about))}"))
        lines += [_branch(depth + 1, f"! {doubt}") for doubt in doubts.get(part.number, ())]
        for file in files.get(part.number, ()):
            inner = depth + len(file.path)
            lines.append(
                _branch(inner, f"{file.path[-1]}  {file.kind}, {octets(file.size)}, {file.sha256[:16]}")
            )
            lines += [_branch(inner + 1, f"! {seen.trait}: {seen.words}") for seen in file.seen]
    return lines


def _branch(depth: int, text: str) -> str:
    return cut(f"{INDENT}{'  ' * min(depth, 12)}{printable(text)}", _WIDTH)


def _by_part(content: Content) -> dict[str, list[Item]]:
    found: dict[str, list[Item]] = {}
    for part, file in content.items:
        found.setdefault(part, []).append(file)
    return found


def plain_parts(content: Content) -> list[dict[str, object]]:
    """Give the parts as a script wants them: flat, in order, each with its files and its ambiguities."""
    view = content.view()
    files = _by_part(content)
    return [
        {
            "part": part.number,
            "media_type": part.media_type,
            "names": part.names,
            "size": part.end - part.body_start,
            "reading": part.reading,
            "ambiguities": [
                {"name": doubt.name, "words": doubt.words}
                for doubt in view.ambiguities
                if doubt.part == part.number
            ],
            "files": [
                {
                    "path": file.path,
                    "kind": file.kind,
                    "size": file.size,
                    "sha256": file.sha256,
                    "seen": [{"trait": seen.trait, "words": seen.words} for seen in file.seen],
                    "links": [link.target for link in file.links],
                }
                for file in files.get(part.number, ())
            ],
        }
        for part in view.parts
    ]
