"""Request and response models of services."""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import AfterValidator, Field, model_validator

from chalicelib.api.schemas.shared.coded_fields import Ids, Unique
from chalicelib.api.schemas.shared.fields import Id, RequestModel, ResponseModel, Text
from chalicelib.api.schemas.shared.record_models import RecordBody, patch_model
from chalicelib.domain.organisation import catalogue
from chalicelib.domain.organisation.catalogue import AvailabilitySource, MeetingMethod, QuestionType

BufferMinutes = Annotated[int, Field(ge=0, le=240)]
"""Minutes kept free beside an appointment."""


class QuestionBody(RequestModel):
    """Something to ask before the service is booked; `options` belong to the type `choice`."""

    id: Id
    text: Annotated[str, Text(500)]
    type: QuestionType = QuestionType.TEXT
    options: Annotated[tuple[Annotated[str, Text(200)], ...], Field(max_length=50), Unique] = ()
    required: bool = False

    @model_validator(mode="after")
    def _require_options_of_choice(self) -> QuestionBody:
        if bool(self.options) != (self.type is QuestionType.CHOICE):
            raise ValueError("A choice has options, and nothing else does.")
        return self


def _require_unique_ids(questions: tuple[QuestionBody, ...]) -> tuple[QuestionBody, ...]:
    if len({question.id for question in questions}) != len(questions):
        raise ValueError("Two questions have the same id.")
    return questions


class ServiceBody(RecordBody):
    """Something to book. Null for `lead_minutes` and `horizon_days` means the organisation's own."""

    name: Annotated[str, Text(100)]
    duration_minutes: Annotated[int, Field(ge=5, le=1440, multiple_of=5)]
    description: Annotated[str, Text(2000, multiline=True, allow_blank=True)] = ""
    buffer_before: BufferMinutes = 0
    buffer_after: BufferMinutes = 0
    meeting_methods: Annotated[tuple[MeetingMethod, ...], Field(min_length=1), Unique] = (MeetingMethod.IN_PERSON,)
    location_ids: Ids = ()
    availability: AvailabilitySource = AvailabilitySource.QUICKSTREAM
    slot_interval: Annotated[int, Field(ge=5, le=240, multiple_of=5)] = 15
    lead_minutes: Annotated[int, Field(ge=0, le=43_200)] | None = None
    horizon_days: Annotated[int, Field(ge=1, le=366)] | None = None
    client_chooses_staff: bool = False
    status_function: bool = False
    public: bool = True
    questions: Annotated[tuple[QuestionBody, ...], Field(max_length=50), AfterValidator(_require_unique_ids)] = ()

    def values(self) -> dict[str, Any]:
        """The fields that were sent, questions in the domain's type."""
        found = super().values()
        if "questions" in found:
            found["questions"] = tuple(catalogue.Question(**dict(question)) for question in found["questions"])
        return found


ServiceChangeBody = patch_model(ServiceBody, "ServiceChangeBody")


class QuestionResponse(ResponseModel):
    """Something asked before the service is booked."""

    id: str
    text: str
    type: QuestionType
    options: list[str]
    required: bool


class ServiceResponse(ResponseModel):
    """Something to book; times in minutes."""

    id: Id
    version: int
    name: str
    description: str
    duration_minutes: int
    buffer_before: int
    buffer_after: int
    meeting_methods: list[MeetingMethod]
    location_ids: list[Id]
    availability: AvailabilitySource
    slot_interval: int
    lead_minutes: int | None
    horizon_days: int | None
    client_chooses_staff: bool
    status_function: bool
    public: bool
    questions: list[QuestionResponse]
