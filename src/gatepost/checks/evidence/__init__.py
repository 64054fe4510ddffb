"""What findings rest on: typed, one struct per kind, so that a person can check it and the journal can keep it.

Each kind says itself in words, and which of its facts may be told to the other side; nothing else of it goes there.
A module for each family of checks; the journal reads each kind by its tag.
"""

from __future__ import annotations

from gatepost.checks.evidence.connection import (
    CorrespondentEvidence,
    GreylistEvidence,
    HeloEvidence,
    ListingEvidence,
    PlaceEvidence,
    ReputationEvidence,
    ReverseNameEvidence,
)
from gatepost.checks.evidence.content import (
    AmbiguityEvidence,
    FileEvidence,
    LinkEvidence,
    SignatureEvidence,
    SizeEvidence,
    SpamEvidence,
    WeighedEvidence,
)
from gatepost.checks.evidence.identity import (
    ArcEvidence,
    AuthorEvidence,
    DkimEvidence,
    DmarcEvidence,
    EntryEvidence,
    LookAlikeEvidence,
    NewDomainEvidence,
    SpfEvidence,
)
from gatepost.checks.evidence.said import NoteEvidence, OutageEvidence
from gatepost.checks.evidence.text import DataEvidence, HeaderEvidence, TextEvidence

__all__ = [
    "AmbiguityEvidence",
    "ArcEvidence",
    "AuthorEvidence",
    "CorrespondentEvidence",
    "DataEvidence",
    "DkimEvidence",
    "DmarcEvidence",
    "EntryEvidence",
    "Evidence",
    "FileEvidence",
    "GreylistEvidence",
    "HeaderEvidence",
    "HeloEvidence",
    "LinkEvidence",
    "ListingEvidence",
    "LookAlikeEvidence",
    "NewDomainEvidence",
    "NoteEvidence",
    "OutageEvidence",
    "PlaceEvidence",
    "ReputationEvidence",
    "ReverseNameEvidence",
    "SignatureEvidence",
    "SizeEvidence",
    "SpamEvidence",
    "SpfEvidence",
    "TextEvidence",
    "WeighedEvidence",
]

Evidence = (
    SizeEvidence
    | SignatureEvidence
    | OutageEvidence
    | NoteEvidence
    | SpfEvidence
    | DkimEvidence
    | ArcEvidence
    | DmarcEvidence
    | AuthorEvidence
    | EntryEvidence
    | ListingEvidence
    | ReverseNameEvidence
    | HeloEvidence
    | PlaceEvidence
    | GreylistEvidence
    | ReputationEvidence
    | CorrespondentEvidence
    | FileEvidence
    | NewDomainEvidence
    | LookAlikeEvidence
    | AmbiguityEvidence
    | SpamEvidence
    | WeighedEvidence
    | LinkEvidence
    | TextEvidence
    | DataEvidence
    | HeaderEvidence
)
