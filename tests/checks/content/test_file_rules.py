"""Rules about files: kind, name, size, fingerprint, alone and together."""

from __future__ import annotations

from pathlib import Path

import pytest

from gatepost.checks.content.file_rules import FileRules
from gatepost.checks.content.files_settings import FileRule
from gatepost.checks.content.formats.walk import Item

MARK = "ab" * 32


def item(name: str = "disk.img", kind: str = "iso", size: int = 1000, sha256: str = MARK) -> Item:
    return Item(("outer.zip", name), kind, size, sha256)


@pytest.mark.parametrize(
    ("rule", "about"),
    [
        ({"kind": "iso"}, True),
        ({"kind": "disk-image"}, True),
        ({"kind": "zip"}, False),
        ({"name": "*.IMG"}, True),
        ({"name": "*.iso"}, False),
        ({"larger": 999}, True),
        ({"larger": 1000}, False),
        ({"sha256": MARK.upper()}, True),
        ({"sha256": "cd" * 32}, False),
        ({"kind": "iso", "name": "*.img", "larger": 1}, True),
        ({"kind": "iso", "name": "*.exe"}, False),
    ],
)
def test_a_rule_is_about_a_file_when_all_that_it_names_is_true(rule: dict[str, object], about: bool) -> None:
    assert bool(FileRules([FileRule.model_validate(rule)]).about(item())) is about


def test_a_name_with_folders_is_matched_as_a_whole_and_by_its_end() -> None:
    rules = FileRules([FileRule(name="disk*")])
    assert rules.about(item("a/b/disk.img"))
    assert FileRules([FileRule(name="a/*")]).about(item("a/b/disk.img"))


def test_the_rule_says_itself_with_its_note() -> None:
    rule = FileRule(kind="iso", name="*.img", note="no disks, please")
    assert FileRules([rule]).about(item()) == (
        "the rule about what is iso and is named like *.img (no disks, please)"
    )


def test_a_file_of_fingerprints_is_read_as_sha256sum_writes_it(tmp_path: Path) -> None:
    listed = tmp_path / "list"
    listed.write_text(f"# known bad\n{MARK.upper()}  disk.img\n")
    assert FileRules([FileRule(sha256_file=listed)]).about(item())
    listed.write_text("")
    assert not FileRules([FileRule(sha256_file=listed)]).about(item())
    rule = FileRule(sha256_file=listed)
    listed.unlink()
    with pytest.raises(OSError):
        FileRules([rule])
