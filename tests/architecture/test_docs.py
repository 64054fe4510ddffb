"""What is public says what it is for, generated pages are fresh, and a long module says why it is long."""

from __future__ import annotations

import ast
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
MODULES = sorted((ROOT / "src/gatepost").rglob("*.py"))
NAMES = [path.relative_to(ROOT / "src").as_posix() for path in MODULES]
LONG = 500

DEFINITIONS = ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef


def public_definitions(body: list[ast.stmt], prefix: str = "") -> Iterator[tuple[str, DEFINITIONS]]:
    """Give each public class, function and method with its dotted name, but not what overrides."""
    for node in body:
        if isinstance(node, DEFINITIONS) and not node.name.startswith("_"):
            decorators = {getattr(d, "id", getattr(d, "attr", "")) for d in node.decorator_list}
            if decorators & {"override", "overload", "setter"}:
                continue
            yield prefix + node.name, node
            if isinstance(node, ast.ClassDef):
                yield from public_definitions(node.body, f"{prefix}{node.name}.")


@pytest.mark.parametrize("path", MODULES, ids=NAMES)
def test_everything_public_has_a_docstring(path: Path) -> None:
    tree = ast.parse(path.read_bytes())
    text = ast.get_docstring(tree) or ""
    assert re.search(r"\w.{15,}\.(\s|$)", text, re.DOTALL), (
        "the module docstring must have at least one sentence"
    )
    silent = [name for name, node in public_definitions(tree.body) if not ast.get_docstring(node)]
    assert silent == []


@pytest.mark.parametrize("path", MODULES, ids=NAMES)
def test_a_long_module_says_why_it_is_long(path: Path) -> None:
    text = path.read_text()
    if text.count("\n") > LONG:
        docstring = ast.get_docstring(ast.parse(text)) or ""
        assert re.search(r"\blong\b", docstring), (
            f"over {LONG} lines: split it, or say in its docstring why it is long"
        )


def test_generated_pages_are_fresh() -> None:
    command = [sys.executable, "docs/generate.py", "--check"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=120, check=False)
    assert done.returncode == 0, f"`make docs` writes them anew: {done.stdout}{done.stderr}"
