"""The tests mirror the source: each module that does something has a test file of its own name.

A module whose functions have no body only declares values and interfaces; there is nothing in it to test.
"""

from __future__ import annotations

import ast
from pathlib import Path

ROOT = Path(__file__).parents[2]
SOURCE = ROOT / "src/gatepost"

# Tested through another file, which is named. This list only shrinks.
TESTED_ELSEWHERE: dict[str, str] = {
    "checks/facts.py": "tests/checks/content/test_virus.py",
    "cli/options.py": "tests/cli/test_check.py",
    "cli/run.py": "tests/gateway/test_supervisor.py",
    "gateway/compose.py": "tests/dialogues/test_dialogues.py",
    "gateway/demo.py": "tests/cli/test_demo.py",
    "gateway/worker.py": "tests/crash/test_kill.py",
    "reception/acceptance.py": "tests/dialogues/test_dialogues.py",
    "reception/confirmations.py": "tests/crash/test_kill.py",
    "reception/listener.py": "tests/dialogues/test_dialogues.py",
    "reception/session.py": "tests/dialogues/test_dialogues.py",
    "spool/embedded/compaction.py": "tests/spool/embedded/test_writer.py",
}


def does_something(path: Path) -> bool:
    tree = ast.parse(path.read_bytes())
    functions = (node for node in ast.walk(tree) if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef))
    # A docstring and "..." are expressions that are constants.
    return any(
        not (isinstance(step, ast.Expr) and isinstance(step.value, ast.Constant))
        for function in functions
        for step in function.body
    )


def mirror(module: str) -> Path:
    path = Path(module)
    name = path.parent.name if path.name == "__init__.py" else path.stem
    return ROOT / "tests" / path.parent / f"test_{name}.py"


def modules() -> list[str]:
    return [p.relative_to(SOURCE).as_posix() for p in sorted(SOURCE.rglob("*.py")) if does_something(p)]


def test_each_module_has_its_test_file() -> None:
    lacking = [m for m in modules() if m not in TESTED_ELSEWHERE and not mirror(m).exists()]
    assert {m: mirror(m).relative_to(ROOT).as_posix() for m in lacking} == {}


def test_the_exceptions_are_still_needed() -> None:
    assert [m for m in TESTED_ELSEWHERE if m not in modules() or mirror(m).exists()] == []


def test_the_exceptions_name_a_test_that_is_there() -> None:
    assert [test for test in TESTED_ELSEWHERE.values() if not (ROOT / test).exists()] == []
