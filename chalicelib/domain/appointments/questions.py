"""Checking an attendee's answers against the service's questions (CC-7)."""

from __future__ import annotations

from collections.abc import Sequence

from chalicelib.domain.appointments.appointment import Answer
from chalicelib.domain.organisation.catalogue import Question, QuestionType, Service
from chalicelib.domain.shared.errors import FieldError, Invalid

MAX_ANSWER_LENGTH = 2000


def check_answers(service: Service, answers: Sequence[Answer], pointer: str) -> tuple[Answer, ...]:
    """The answers; each question has at most one, every required question exactly one.

    422 ``invalid_answers`` with a pointer per error: unknown question, wrong type of answer, required one missing.
    """
    questions = {q.id: q for q in service.questions}
    errors: list[FieldError] = []
    given: dict[str, Answer] = {}
    for index, answer in enumerate(answers):
        question = questions.get(answer.question_id)
        if question is None:
            errors.append(FieldError(f"{pointer}/{index}/question_id", "The service does not ask this."))
        elif answer.question_id in given:
            errors.append(FieldError(f"{pointer}/{index}/question_id", "This question is answered twice."))
        elif not _is_acceptable(question, answer.value):
            errors.append(FieldError(f"{pointer}/{index}/value", _expected(question)))
        else:
            given[answer.question_id] = answer
    named = {a.question_id for a in answers}
    for question in service.questions:
        missing = question.id not in named or (question.id in given and _is_blank(given[question.id].value))
        if question.required and missing:
            errors.append(FieldError(pointer, f"Please answer: {question.text} ({question.id})"))
    if errors:
        raise Invalid("The service's questions are not answered as asked.", code="invalid_answers", errors=errors)
    return tuple(given.values())


def _is_acceptable(question: Question, value: object) -> bool:
    if question.type is QuestionType.BOOLEAN:
        return isinstance(value, bool)
    if not isinstance(value, str) or len(value) > MAX_ANSWER_LENGTH:
        return False
    return question.type is QuestionType.TEXT or value in question.options or (value == "" and not question.required)


def _is_blank(value: object) -> bool:
    return isinstance(value, str) and not value.strip()


def _expected(question: Question) -> str:
    if question.type is QuestionType.BOOLEAN:
        return "Answer true or false."
    if question.type is QuestionType.CHOICE:
        return "Answer with one of: " + ", ".join(question.options) + "."
    return f"Answer with text of at most {MAX_ANSWER_LENGTH} characters."
