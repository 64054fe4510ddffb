"""The annotated file and the reference page come from the models, and the file is itself good settings."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from pydantic import BaseModel

from gatepost.gateway.describe import reference, starting_file
from gatepost.gateway.settings import Settings, load, model_of


def test_the_starting_file_is_good_settings(tmp_path: Path) -> None:
    path = tmp_path / "gatepost.toml"
    path.write_text(starting_file("example.org", "10.0.0.5:25", "0.0.0.0:25"))
    settings = load(path)
    assert settings.domain[0].name == "example.org"
    assert settings.domain[0].next_hop == ("10.0.0.5:25",)
    assert settings.listener[0].address == "0.0.0.0:25"
    assert settings.reception == Settings().reception


def test_the_defaults_shown_as_comments_are_the_defaults(tmp_path: Path) -> None:
    text = starting_file("example.org", "10.0.0.5:25", "0.0.0.0:25")
    shown = re.sub(r"(?m)^# ((?:\w+) = (?!\"…\"|\{).*)$", r"\1", text)
    without = r"(?ms)^# \[checks\.(?:virus|rspamd|spamassassin|icap)\].*?(?=^\[|^# \[)"
    shown = re.sub(without, "", shown)
    path = tmp_path / "gatepost.toml"
    path.write_text(shown)
    settings = load(path)
    for part in ("reception", "delivery", "spool", "policy", "web"):
        assert getattr(settings, part) == getattr(Settings(), part)


def _models(model: type[BaseModel]) -> list[type[BaseModel]]:
    inner = [model_of(field.annotation) for field in model.model_fields.values()]
    return [model, *(deep for found in inner if found is not None for deep in _models(found))]


@pytest.mark.parametrize("model", _models(Settings), ids=lambda model: model.__name__)
def test_every_setting_has_words_and_stands_on_the_reference_page(model: type[BaseModel]) -> None:
    page = reference()
    for name, field in model.model_fields.items():
        if model_of(field.annotation) is None:
            assert field.description, f"{model.__name__}.{name} has no description"
            assert f"| `{name}` |" in page
