from __future__ import annotations

import pytest
from pydantic import ValidationError

from gatepost.checks.content.files_settings import FileRule


@pytest.mark.parametrize(
    ("rule", "words"),
    [
        ({}, "it is about every file"),
        ({"name": "*"}, "it is about every file"),
        ({"kind": "floppy"}, "'floppy' is no kind of file"),
        ({"sha256": "abc"}, "is no SHA-256 fingerprint"),
        (
            {"sha256_file": "/nowhere/list"},
            "/nowhere/list cannot be read: No such file or directory; name a file",
        ),
    ],
)
def test_a_rule_that_makes_no_sense_is_refused_with_the_reason(rule: dict[str, object], words: str) -> None:
    with pytest.raises(ValidationError, match=words):
        FileRule.model_validate(rule)
