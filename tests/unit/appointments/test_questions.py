"""Answers to a service's questions: which fit, and how others are refused."""

from __future__ import annotations

import pytest

from chalicelib.domain.appointments.appointment import Answer
from chalicelib.domain.appointments.questions import check_answers
from chalicelib.domain.organisation.catalogue import Question, QuestionType, Service
from chalicelib.domain.shared.errors import Invalid

QUESTIONS = Service(
    "svc_1",
    "Advice",
    30,
    questions=(
        Question("q1", "What for?", required=True),
        Question("q2", "Which?", QuestionType.CHOICE, ("a", "b")),
        Question("q3", "First time?", QuestionType.BOOLEAN),
    ),
)


def test_answers_fit_their_questions() -> None:
    given = (Answer("q1", "Home"), Answer("q2", "b"), Answer("q3", value=True))
    assert check_answers(QUESTIONS, given, "/answers") == given


@pytest.mark.parametrize(
    ("answers", "pointer"),
    [
        ((), "/answers"),
        ((Answer("q1", "  "),), "/answers"),
        ((Answer("q1", "Home"), Answer("q9", "x")), "/answers/1/question_id"),
        ((Answer("q1", "Home"), Answer("q2", "c")), "/answers/1/value"),
        ((Answer("q1", "Home"), Answer("q3", "yes")), "/answers/1/value"),
        ((Answer("q1", "Home"), Answer("q1", "Car")), "/answers/1/question_id"),
        ((Answer("q1", "x" * 2001),), "/answers/0/value"),
    ],
)
def test_answers_that_do_not_fit_are_named(answers: tuple[Answer, ...], pointer: str) -> None:
    with pytest.raises(Invalid) as refused:
        check_answers(QUESTIONS, answers, "/answers")
    assert pointer in [error.pointer for error in refused.value.errors]
