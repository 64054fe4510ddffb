from __future__ import annotations

import pytest
from jinja2 import UndefinedError

from gatepost.web.looks import STATIC, environment

NOW = 1_793_000_000.0


def test_everything_written_by_a_template_is_escaped_and_cleaned() -> None:
    made = environment(lambda: NOW).from_string('<p title="{{ it }}">{{ it }}</p>')
    assert made.render(it='"><script>\x1b\u202e') == (
        '<p title="&#34;&gt;&lt;script&gt;��">&#34;&gt;&lt;script&gt;��</p>'
    )


def test_a_misspelt_name_in_a_template_is_an_error() -> None:
    with pytest.raises(UndefinedError):
        environment(lambda: NOW).from_string("{{ misspelt }}").render()


def test_times_are_told_from_the_clock() -> None:
    made = environment(lambda: NOW).from_string("{{ (now() - 60)|clock_time }}")
    assert made.render() == "07:32:20"


def test_every_template_compiles_and_needs_no_inline_script_style_or_stranger() -> None:
    made = environment(lambda: NOW)
    for name in made.list_templates():
        made.get_template(name)
        source = (STATIC.parent / "templates" / name).read_text()
        assert " style=" not in source
        assert "<style" not in source
        assert " onclick=" not in source
        assert "://" not in source
        assert source.count("<script") == source.count('<script src="/static/')


def test_what_is_served_beside_the_pages_is_small() -> None:
    sizes = {path.name: path.stat().st_size for path in STATIC.iterdir()}
    assert sizes.keys() == {"style.css", "live.js", "gatepost.svg"}
    assert sum(sizes.values()) < 30_000
    assert "http:" not in (STATIC / "style.css").read_text()
