"""Response models of likely duplicates."""

from __future__ import annotations

from typing import Annotated, Any, Self

from pydantic import Field

from chalicelib.api.schemas.clients.clients import ClientResponse
from chalicelib.api.schemas.shared.fields import ResponseModel
from chalicelib.domain.clients import duplicates as domain
from chalicelib.services.clients import duplicates

Score = Annotated[float, Field(ge=0, le=1, description="how likely both are one person; 1 for equal records")]


class MatchReasonResponse(ResponseModel):
    """Why two records are thought to be one person's: for programs and for people."""

    code: domain.MatchReason
    text: str

    @classmethod
    def list_from_domain(cls, score: domain.MatchScore) -> list[Self]:
        """The reasons of a score."""
        return [cls(code=reason, text=reason.text) for reason in score.reasons]


class LikelyDuplicateResponse(ResponseModel):
    """A client who may be the same person."""

    client: ClientResponse
    score: Score
    reasons: list[MatchReasonResponse]

    @classmethod
    def from_domain(cls, result: Any) -> Self:
        """From a likely duplicate."""
        likely: duplicates.LikelyDuplicate = result
        return cls(
            client=ClientResponse.from_domain(likely.client),
            score=likely.likeness.score,
            reasons=MatchReasonResponse.list_from_domain(likely.likeness),
        )


class CreatedClientResponse(ClientResponse):
    """A client who was just made, and who on record may be the same person."""

    hint: list[LikelyDuplicateResponse]

    @classmethod
    def from_domain(cls, result: Any) -> Self:
        """From a client and their likely duplicates."""
        client, likely = result
        return cls(
            **dict(ClientResponse.from_domain(client)),
            hint=[LikelyDuplicateResponse.from_domain(each) for each in likely],
        )


class DuplicatePairResponse(ResponseModel):
    """Two clients who may be one person, the one made first before the other."""

    clients: list[ClientResponse]
    score: Score
    reasons: list[MatchReasonResponse]

    @classmethod
    def from_domain(cls, result: Any) -> Self:
        """From a likely pair."""
        pair: duplicates.LikelyPair = result
        return cls(
            clients=[ClientResponse.from_domain(pair.first), ClientResponse.from_domain(pair.second)],
            score=pair.likeness.score,
            reasons=MatchReasonResponse.list_from_domain(pair.likeness),
        )
