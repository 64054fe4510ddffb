"""The administrator's rules about files: by kind, name, size or fingerprint.

Made once from the settings; the inspection asks for each file, also for those within others.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from fnmatch import translate
from typing import Final

from gatepost.checks.content.files_settings import FileRule
from gatepost.checks.content.formats.kinds import KINDS
from gatepost.checks.content.formats.walk import Item

_FINGERPRINT: Final = re.compile(r"[ \t]*([0-9A-Fa-f]{64})\b")


class FileRules:
    """Rules in the order of the settings. Raises OSError when a file of fingerprints cannot be read."""

    def __init__(self, rules: Sequence[FileRule]) -> None:
        self._rules = tuple([(rule, _pattern(rule.name), _fingerprints(rule)) for rule in rules])

    def about(self, item: Item) -> str:
        """Say which rule is about a file, in words; "" for none."""
        name = item.path[-1]
        for rule, pattern, fingerprints in self._rules:
            kind = KINDS[item.kind]
            if (
                rule.kind in ("", kind.name, kind.family)
                and item.size > rule.larger - (not rule.larger)
                and (pattern is None or pattern.match(name) or pattern.match(re.split(r"[\\/]", name)[-1]))
                and (not fingerprints or item.sha256 in fingerprints)
            ):
                return _words(rule)
        return ""


def _pattern(glob: str) -> re.Pattern[str] | None:
    return re.compile(translate(glob), re.IGNORECASE) if glob else None


def _fingerprints(rule: FileRule) -> frozenset[str]:
    found = {rule.sha256} if rule.sha256 else set()
    if rule.sha256_file is not None:
        with rule.sha256_file.open(encoding="utf-8", errors="replace") as lines:
            found |= {mark[1].lower() for line in lines if (mark := _FINGERPRINT.match(line)) is not None}
        found = found or {""}  # an empty list is about no file, not about every one
    return frozenset(found)


def _words(rule: FileRule) -> str:
    conditions = [
        rule.kind and f"is {rule.kind}",
        rule.name and f"is named like {rule.name}",
        rule.larger and f"has more than {rule.larger:,} octets",
        (rule.sha256 or rule.sha256_file) and "has a fingerprint on the list",
    ]
    note = f" ({rule.note})" if rule.note else ""
    return f"the rule about what {' and '.join(filter(None, map(str, filter(None, conditions))))}{note}"
