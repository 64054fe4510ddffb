"""Replies about who is calling and for whom: what connection and identity checks found, and the score of it all."""

from __future__ import annotations

from typing import Final

from gatepost.reply.entry import Entry

SCORE_TOO_HIGH: Final = Entry(
    id="score-too-high",
    code=550,
    enhanced="5.7.1",
    text="Message refused: what the checks found adds up to {score}, the limit is {limit}",
    stage="content",
    when="No single finding decided, but all of them together reached policy.reject_score.",
    why="Several weak signs together are a strong one. Each of them stands in the journal with its share.",
    sender_action=(
        "Send this line to the postmaster of the domain you wrote to: the id in it finds the message and what "
        "was found."
    ),
    operator_action=(
        "`gatepost trace` with the id lists the findings and their scores. If honest mail is refused, lower the "
        "score of the finding that weighs too much (policy.findings) or raise policy.reject_score."
    ),
    references=("RFC 5321 §7.8", "RFC 3463 §3.8"),
    cause="policy",
    side="sender",
    fields=frozenset({"score", "limit"}),
)
