from gatepost.checks.content.inspector import Inspected
from gatepost.gateway.inspector.question import Named, Question, decode_answer, decode_question, framed


def test_question_and_answer_come_back_as_they_were() -> None:
    question = Question((Named("a.zip", 7),), ("secret",), 1, 2, 3, 4)
    octets = framed(question)
    assert int.from_bytes(octets[:4], "big") == len(octets) - 4
    assert decode_question(octets[4:]) == question
    assert decode_answer(framed(Inspected(()))[4:]) == Inspected(())
