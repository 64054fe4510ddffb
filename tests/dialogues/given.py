"""Which entries of the catalogue the source gives, and which the dialogues get: the two must be the same."""

from __future__ import annotations

import ast
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

from gatepost.reply import catalogue
from gatepost.reply.entry import Entry
from tests.dialogues.script import Dialogue

SOURCE = Path(__file__).parents[2] / "src/gatepost"
# The small mail server of the demonstration borrows our words; the gateway does not say them there.
NOT_THE_GATEWAY = {"gateway/demo.py"}
RULES = ("policy/known/", "policy/rules.py")

# Replies that RFC 5321 gives a form of their own, and those whose words depend on what was said.
BY_WORDS = {
    "greeting": "220 gateway.test ESMTP Gatepost",
    "closing": "221 gateway.test Service closing transmission channel",
    "ehlo-ok": "250-gateway.test",
    "helo-ok": "250 gateway.test",
    "data-go": "354 Send the content; end with <CRLF>.<CRLF>",
    "help": "214-2.0.0 Commands: ",
    "bad-argument": "501 5.5.4 MAIL: ",
    "bad-reverse-path": "501 5.1.7 Cannot read the reverse-path: ",
    "bad-forward-path": "501 5.1.3 Cannot read the forward-path: ",
}

SHOWN: set[str] = set()
Test = TypeVar("Test", bound=Callable[..., Any])


def shows(*entries: str) -> Callable[[Test], Test]:
    """Note that a test gets these entries from the running gateway."""
    unknown = set(entries) - set(catalogue.ENTRIES)
    assert not unknown, f"not in the catalogue: {unknown}"
    SHOWN.update(entries)
    return lambda test: test


def given_by_the_source() -> set[str]:
    """Find the entries that any module outside the catalogue names, and those that the rules name by id."""
    found: set[str] = set()
    for path in SOURCE.rglob("*.py"):
        name = path.relative_to(SOURCE).as_posix()
        if not name.startswith("reply/") and name not in NOT_THE_GATEWAY:
            found |= given_by(ast.parse(path.read_bytes()), is_rules=name.startswith(RULES))
    return found


def given_by(tree: ast.Module, is_rules: bool = False) -> set[str]:
    """Find the entries that one module names: `catalogue.NAME`, imported names, those of a row of findings."""
    names: set[str] = set()
    ids: set[str] = set()
    for node in ast.walk(tree):
        match node:
            case ast.Attribute(value=ast.Name(id="catalogue"), attr=name):
                names.add(name)
            case ast.ImportFrom(module=str(module)) if module.startswith("gatepost.reply.catalogue"):
                names |= {alias.name for alias in node.names}
            case ast.keyword(arg="reject" | "defer", value=ast.Constant(value=str(text))) if is_rules:
                ids.add(text)
            case ast.AnnAssign(target=ast.Name(id="SCORE_ENTRY"), value=ast.Constant(value=str(text))):
                ids.add(text)
            case _:
                pass
    return {e.id for n in names if isinstance(e := getattr(catalogue, n, None), Entry)} | (ids - {""})


def got_by(dialogue: Dialogue) -> set[str]:
    """Find the entries that a dialogue expects: by the id in the line, or by the words where no id stands."""
    lines = [step.text for step in dialogue.steps if step.kind == "s"]
    by_words = {entry for entry, words in BY_WORDS.items() if any(line.startswith(words) for line in lines)}
    return dialogue.entries() | by_words
