"""A test that cannot run says so: with its reason on a laptop, as a failure under CI=true."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
SKIPPING = """
import pytest
from tests import conftest

conftest.PEERS["sundial"] = (("no-such-program",), "sundial-utils")

@pytest.mark.peer("sundial")
def test_with_a_peer_that_is_missing():
    pass

def test_with_a_skip_of_its_own():
    pytest.skip("not today")

@pytest.mark.peer("hourglass")
def test_with_a_peer_nobody_knows():
    pass
"""


def run(folder: Path, **environment: str) -> str:
    (folder / "test_skipping.py").write_text(SKIPPING)
    command = [sys.executable, "-m", "pytest", "-p", "tests.conftest", "-p", "no:cacheprovider", str(folder)]
    done = subprocess.run(
        [*command, "-c", str(ROOT / "pyproject.toml")],
        cwd=ROOT,
        env={k: v for k, v in os.environ.items() if k != "CI" and not k.startswith("PYTEST")} | environment,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    return done.stdout


def test_a_missing_peer_skips_with_the_package_that_brings_it(tmp_path: Path) -> None:
    said = run(tmp_path)
    assert "2 skipped, 1 error" in said
    assert "NOT TESTED (1): sundial needs no-such-program: apt install" in said
    assert "sundial-utils" in said


def test_under_ci_a_skip_is_a_failure(tmp_path: Path) -> None:
    said = run(tmp_path, CI="true")
    assert "1 failed, 2 errors" in said


@pytest.mark.parametrize("ci", ["", "true"])
def test_an_unknown_peer_is_a_mistake_everywhere(tmp_path: Path, ci: str) -> None:
    assert "knows no peer 'hourglass'" in run(tmp_path, CI=ci)
