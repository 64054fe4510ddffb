from __future__ import annotations

from pathlib import Path

from starlette.applications import Starlette
from starlette.routing import Mount, Route

from gatepost.web.app import create_app
from tests.web.conftest import NOW, Site


def test_an_app_is_made_before_anything_is_on_disk(tmp_path: Path) -> None:
    app = create_app(tmp_path / "journal", tmp_path / "spool", lambda: NOW, "127.0.0.1")
    assert isinstance(app, Starlette)
    assert list(tmp_path.iterdir()) == []


def test_every_route_only_reads(tmp_path: Path) -> None:
    app = create_app(tmp_path / "journal", tmp_path / "spool", lambda: NOW, "127.0.0.1")
    for route in app.routes:
        assert isinstance(route, Mount) or (isinstance(route, Route) and route.methods == {"GET", "HEAD"})


def test_the_style_sheet_and_the_script_are_served_and_can_be_kept(site: Site) -> None:
    for path, kind in (
        ("style.css", "text/css"),
        ("live.js", "javascript"),
        ("gatepost.svg", "image/svg+xml"),
    ):
        status, fields, _ = site.get(f"/static/{path}")
        assert status == 200
        assert kind in fields["content-type"]
        status, _, _ = site.get(f"/static/{path}", fields={"If-None-Match": fields["etag"]})
        assert status == 304


def test_nothing_on_disk_is_changed_by_looking(site: Site) -> None:
    before = {path: path.stat().st_size for path in site.journal.iterdir()}
    for path in ("/", "/held", "/queue", "/search?q=example", "/explain?q=550", "/reports"):
        assert site.get(path)[0] == 200
    assert {path: path.stat().st_size for path in site.journal.iterdir()} == before
