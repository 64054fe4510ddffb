"""The country check: in which country and network the client is, by local files, and whether it is to be there.

At connect, at once, without DNS. With files alone it tells the place, for whoever reads the record; with `blocked` or
`allowed` it also finds.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from gatepost.checks.connection.address import address_of, is_local
from gatepost.checks.connection.places import Place, Places
from gatepost.checks.connection.settings import CountrySettings
from gatepost.checks.evidence import Evidence, OutageEvidence, PlaceEvidence
from gatepost.checks.facts import Content, Facts
from gatepost.checks.finding import Finding, Result, Stage

_NAME: Final = "country"


class CountryCheck:
    """Look up where a client is in `places`, and in the settings whether it is blocked."""

    name = _NAME
    stages = frozenset({Stage.CONNECT})

    def __init__(self, settings: CountrySettings, places: Places) -> None:
        self._places = places
        self._blocked = frozenset(settings.blocked)
        self._allowed = frozenset(settings.allowed)

    def look(self, stage: Stage, facts: Facts, content: Content | None) -> Sequence[Finding]:  # noqa: ARG002
        """Report the place of a client; what no file knows is neither blocked nor allowed."""
        address = address_of(facts.client)
        if facts.relay or address is None or is_local(address):
            return ()
        place, failures = self._places.of(address)
        evidence: tuple[Evidence, ...] = tuple([OutageEvidence(file, reason) for file, reason in failures])
        known = bool(place.country or place.network)
        if known:
            text = str(address)
            evidence = (PlaceEvidence(text, place.country, place.network, place.holder), *evidence)
        if not evidence:
            return ()
        if self._is_blocked(place):
            result, name = Result.FOUND, "country-blocked"
        else:
            result, name = (Result.CLEAN if known else Result.UNAVAILABLE), ""
        return (Finding(check=_NAME, stage=stage, result=result, name=name, evidence=evidence),)

    def _is_blocked(self, place: Place) -> bool:
        told = {place.country, place.network} - {""}
        if not told or not told.isdisjoint(self._allowed):
            return False
        if not told.isdisjoint(self._blocked):
            return True
        return bool(self._allowed) and not self._blocked
