from __future__ import annotations

from gatepost.mail.dns import Answer, Status


def test_an_answer_says_whether_there_are_records_and_whether_anybody_knows() -> None:
    told = {status: Answer("a.test", "A", status) for status in Status}
    assert [status for status, answer in told.items() if answer.found] == [Status.FOUND]
    assert [status for status, answer in told.items() if answer.failed] == [Status.FAILED]
