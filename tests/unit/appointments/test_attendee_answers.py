"""A client's answers to the questionnaire, as they are stored."""

from __future__ import annotations

import pytest
from pydantic import ValidationError

from chalicelib.api.schemas.appointments.attendees import QuestionAnswerBody
from chalicelib.domain.appointments.questions import MAX_ANSWER_LENGTH


@pytest.mark.parametrize("blank", ["", "   ", "\u200b\u2060"])
def test_an_answer_that_only_looks_like_text_is_none(blank: str) -> None:
    assert QuestionAnswerBody(question_id="why", value=blank).value == ""


def test_an_answer_keeps_its_lines_and_its_kind() -> None:
    assert QuestionAnswerBody(question_id="why", value=" Première\nmaison ").value == "Première\nmaison"
    assert QuestionAnswerBody(question_id="sure", value=True).value is True


def test_an_answer_has_an_end() -> None:
    with pytest.raises(ValidationError):
        QuestionAnswerBody(question_id="why", value="x" * (MAX_ANSWER_LENGTH + 1))
