from __future__ import annotations

import importlib.util
from pathlib import Path
from types import ModuleType

import msgspec
import pytest

from gatepost.journal.records import AnyRecord

ROOT = Path(__file__).parents[2]


@pytest.fixture
def journal_page() -> ModuleType:
    spec = importlib.util.spec_from_file_location("journal_page", ROOT / "docs/journal_page.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.mark.parametrize("kind", AnyRecord.__args__)
def test_every_record_begins_with_type_time_and_session(kind: type[msgspec.Struct]) -> None:
    assert kind.__struct_fields__[:3] == ("time", "session", "message")
    assert kind.__struct_config__.tag_field == "type"
    assert kind.__struct_config__.frozen
    assert kind.__struct_config__.omit_defaults


def test_the_names_of_the_types_are_kept(journal_page: ModuleType) -> None:
    assert [kind.__struct_config__.tag for kind in AnyRecord.__args__] == [
        "session-opened",
        "reply-sent",
        "session-closed",
        "session-secured",
        "reception",
        "attempt",
        "deferred",
        "failed",
        "held",
        "released",
        "deleted",
        "gateway",
        "list-health",
    ]


def test_the_page_of_the_format_is_fresh_and_names_every_field(journal_page: ModuleType) -> None:
    text = journal_page.page()
    assert (ROOT / "docs/journal.md").read_text(encoding="utf-8") == text
    for kind in AnyRecord.__args__:
        for name in kind.__struct_fields__:
            assert f"| `{name}` |" in text
