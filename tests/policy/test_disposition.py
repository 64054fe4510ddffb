from __future__ import annotations

from gatepost.policy.disposition import Action, Disposition


def test_only_refusing_for_good_or_for_now_refuses() -> None:
    refusing = {action for action in Action if Disposition(action=action, rule="r").refuses}
    assert refusing == {Action.REJECT, Action.DEFER}
