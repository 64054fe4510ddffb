"""No regular expression uses what an interpreter that we promise to run on gets wrong."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import pytest

MODULES = sorted((Path(__file__).parents[2] / "src/gatepost").rglob("*.py"))
# "(...)*+": CPython before 3.11.5 loses matches where the group can backtrack (CPython issue 106052); Debian 12
# has 3.11.2. A possessive set of characters, "[...]*+", is sound.
POSSESSIVE_GROUP = re.compile(r"(?<!\\)\)(?:[*?+]|\{[0-9,]+\})\+")


@pytest.mark.parametrize("path", MODULES, ids=lambda path: path.name)
def test_no_group_is_possessive(path: Path) -> None:
    strings = [
        node.value
        for node in ast.walk(ast.parse(path.read_bytes()))
        if isinstance(node, ast.Constant) and isinstance(node.value, str)
    ]
    assert [text for text in strings if POSSESSIVE_GROUP.search(text)] == []
