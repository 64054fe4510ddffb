"""Nothing is said to a client that is not an entry of the catalogue: no reply is written by hand elsewhere.

Both walks go over the syntax trees of the whole package. A file may leave an allowed list, and must when it
can.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

SOURCE = Path(__file__).parents[2] / "src/gatepost"
REPLY = re.compile(r"[2-5]\d\d[ -]")

# Where text in the form of a reply is no reply of ours.
LITERALS_ALLOWED = {
    "web/pages.py": "replies of others, as examples on the page that explains replies",
}

# Where a reply is made without an entry, because it is not one that we say.
WITHOUT_ENTRY_ALLOWED = {
    "gateway/demo.py": "it speaks for the mail server behind the gateway",
    "smtp/reply_reader.py": "reads the replies of peers",
    "smtp/client.py": "says for a peer that cannot take the message what it would have said",
    "delivery/pool.py": "says for a peer that could not be reached why there is no reply of its own",
}


def trees() -> Iterator[tuple[str, ast.Module]]:
    for path in sorted(SOURCE.rglob("*.py")):
        name = path.relative_to(SOURCE).as_posix()
        if not name.startswith("reply/"):
            yield name, ast.parse(path.read_bytes(), name)


def docstrings(tree: ast.Module) -> set[ast.expr]:
    holders = (
        node for node in ast.walk(tree) if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef)
    )
    firsts = (holder.body[0] for holder in holders if holder.body)
    return {first.value for first in firsts if isinstance(first, ast.Expr)}


def reply_literals(tree: ast.Module) -> Iterator[str]:
    prose = docstrings(tree)
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant) and node not in prose:
            value = node.value.decode("latin-1") if isinstance(node.value, bytes) else node.value
            if isinstance(value, str) and REPLY.match(value):
                yield f"line {node.lineno}: {value[:60]!r}"


def constructions(tree: ast.Module) -> Iterator[tuple[int, bool]]:
    """Give line, and whether an entry is named, of each place that makes a Reply by itself."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Call):
            called = node.func.id if isinstance(node.func, ast.Name) else getattr(node.func, "attr", "")
            if called == "Reply":
                yield (
                    node.lineno,
                    len(node.args) > 3 or any(word.arg in ("entry", None) for word in node.keywords),
                )


def test_no_reply_is_written_as_a_literal_outside_the_catalogue() -> None:
    found = {name: list(reply_literals(tree)) for name, tree in trees()}
    assert {name: places for name, places in found.items() if places and name not in LITERALS_ALLOWED} == {}


def test_no_reply_with_an_entry_is_made_outside_the_catalogue() -> None:
    found = {name: [line for line, entry in constructions(tree) if entry] for name, tree in trees()}
    assert {name: lines for name, lines in found.items() if lines} == {}


def test_replies_without_an_entry_are_made_only_where_peers_are_spoken_for() -> None:
    found = {name: [line for line, _ in constructions(tree)] for name, tree in trees()}
    assert {name: lines for name, lines in found.items() if lines and name not in WITHOUT_ENTRY_ALLOWED} == {}


def test_the_walk_sees_what_it_looks_for() -> None:
    tree = ast.parse(
        '"""250 prose"""\nwrite(b"250 OK")\nwrite(f"421-{host}")\nReply(250, "", "", "x")\nr.Reply(250)'
    )
    assert len(list(reply_literals(tree))) == 2
    assert sorted(constructions(tree)) == [(4, True), (5, False)]


def test_the_allowed_lists_name_no_file_that_needs_no_leave() -> None:
    idle = [
        name
        for name, tree in trees()
        if (name in LITERALS_ALLOWED and not list(reply_literals(tree)))
        or (name in WITHOUT_ENTRY_ALLOWED and not list(constructions(tree)))
    ]
    assert idle == []
