"""Search for messages that break the classifier: its reading, its learning, or its words."""

from __future__ import annotations

from gatepost.checks.content.classifier.explaining import reasons
from gatepost.checks.content.classifier.features import PLACES, read
from gatepost.checks.content.classifier.learning import Learner, packed, unpacked
from gatepost.mail.mime import view

LEARNER = Learner()


def target(data: bytes) -> None:
    """Any message has features within the tables, keeps them packed, can be learned, and its reasons can be shown."""
    message = read(view(data))
    features = message.features()
    for places in (features.header, features.body, features.octets):
        assert len(places) < 12_000
        assert all(0 <= place < PLACES for place in places)
    kept = packed(features)
    assert unpacked(kept).octets == tuple(sorted(features.octets))
    LEARNER.learn(kept, spam=bool(len(data) & 1))
    assert -1e6 < LEARNER.model.log_odds(features) < 1e6
    assert all(reason.isprintable() and len(reason) <= 200 for reason in reasons(message, LEARNER.model))
