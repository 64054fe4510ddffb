"""Letters of our own making for tests of the classifier: two kinds, each with words of its own and some in common."""

from __future__ import annotations

import random

COMMON = ["the", "a", "to", "of", "and", "for", "you", "we", "it", "on", "in", "with", "that", "this"]
SPAM = [
    "prize",
    "winner",
    "transfer",
    "claim",
    "bonus",
    "pills",
    "cheap",
    "unlimited",
    "offer",
    "wallet",
    "urgent",
    "heritage",
]
HAM = [
    "meeting",
    "minutes",
    "draft",
    "review",
    "budget",
    "garden",
    "lunch",
    "train",
    "report",
    "patch",
    "branch",
    "commit",
]


def letter(spam: bool, number: int) -> bytes:
    """Make a letter; the same number gives the same letter."""
    chance = random.Random(f"{spam} {number}")
    own = SPAM if spam else HAM
    words = [chance.choice(own if chance.random() < 0.4 else COMMON) for _ in range(60)]
    sender = f"s{chance.randrange(9)}@{'bulk' if spam else 'desk'}.example"
    return (
        f"From: {sender}\r\nTo: b@ours.test\r\nSubject: {' '.join(chance.sample(own, 3))}\r\n"
        f"Message-ID: <{number}.{spam:d}@{sender.partition('@')[2]}>\r\n\r\n{' '.join(words)}\r\n"
    ).encode()
