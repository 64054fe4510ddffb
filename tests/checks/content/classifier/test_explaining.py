"""Why a message is taken for spam, in words."""

from __future__ import annotations

import pytest

from gatepost.checks.content.classifier.explaining import heaviest_run, reasons, weighed
from gatepost.checks.content.classifier.features import place, read, runs
from gatepost.checks.content.classifier.learning import Learner
from gatepost.checks.content.classifier.model import BODY, HEADER, OCTETS, Model, added, even
from gatepost.checks.content.classifier.site import lesson
from gatepost.mail.mime import view
from tests.checks.content.classifier.letters import letter


@pytest.fixture(scope="module")
def model() -> Model:
    learner = Learner()
    for number in range(40):
        for spam in (True, False):
            learner.learn(lesson(letter(spam, number)).features, spam)
    return learner.model


def test_the_words_that_weigh_most_are_named_with_their_place(model: Model) -> None:
    message = read(
        view(b"From: x@bulk.example\r\nSubject: prize transfer\r\n\r\nclaim the bonus of pills\r\n")
    )
    told = " | ".join(reasons(message, model, most=20))
    assert "the word 'prize' in the subject" in told
    assert "the domain bulk.example in the field from" in told
    assert "in the text" in told
    assert "the characters" in told


def test_what_is_named_adds_up_to_what_the_model_says(model: Model) -> None:
    message = read(view(letter(True, 99)))
    named = sum([weight for _, weight in weighed(message, model)])
    features = message.features()
    expected = HEADER * added(model.header, features.header) * even(features.header)
    expected += BODY * added(model.body, features.body) * even(features.body)
    assert named == pytest.approx(expected, rel=0.01)


def test_the_heaviest_run_is_where_its_octets_weigh_most() -> None:
    weights = dict.fromkeys(runs(b"a quiet beginning. FREE MONEY NOW and a quiet end of it"), 0.0)
    weights.update(dict.fromkeys(runs(b"FREE MONEY NOW"), 1.0))
    found = heaviest_run(b"a quiet beginning. FREE MONEY NOW and a quiet end of it", weights)
    assert found is not None
    assert "FREE MONEY NOW" in found[1]
    assert found[0] == pytest.approx(11 * OCTETS)
    assert heaviest_run(b"abc", weights) is None


def test_nothing_that_could_move_a_terminal_is_quoted(model: Model) -> None:
    octets = b"Subject: prize \x1b[31m\r\n\r\n" + b"claim\x1b]0;bonus\x07 pills " * 20
    assert all(reason.isprintable() for reason in reasons(read(view(octets)), model))


def test_an_ordinary_letter_has_few_reasons(model: Model) -> None:
    assert len(reasons(read(view(letter(False, 99))), model)) <= 6


def test_the_makeup_of_a_page_is_said_as_what_it_is(model: Model) -> None:
    page = b"From: x@y.example\r\nContent-Type: text/html\r\n\r\n<font size=7><a href='http://z.example/'>claim</a>"
    message = read(view(page))
    weights = dict.fromkeys(map(place, message.header | message.body), 1.0)
    every = reasons(message, Model(weights, weights, dict.fromkeys(runs(message.begin), 0.0)), most=99)
    assert {
        "the HTML tag <font>",
        "the HTML attribute size=7",
        "the HTML attribute href='http://z.example/'",
        "a link to z.example",
        "a part of the kind text/html",
        "the field content-type stands right behind from",
        "'text/html' in the field content-type",
    } <= set(every)
