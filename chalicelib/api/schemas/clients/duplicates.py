"""Likely duplicates as answers say them."""

from __future__ import annotations

from typing import Annotated, Any, Self

from pydantic import Field

from chalicelib.api.schemas.clients.clients import Client
from chalicelib.api.schemas.shared.fields import Answer
from chalicelib.domain.clients import duplicates as domain
from chalicelib.services.clients import duplicates

Score = Annotated[float, Field(ge=0, le=1, description="how likely both are one person; 1 for equal records")]


class LikenessReason(Answer):
    """Why two records are thought to be one person's: for programs and for people."""

    code: domain.Reason
    text: str

    @classmethod
    def all_of(cls, likeness: domain.Likeness) -> list[Self]:
        """Each reason of a likeness."""
        return [cls(code=reason, text=reason.text) for reason in likeness.reasons]


class Duplicate(Answer):
    """A client who may be the same person."""

    client: Client
    score: Score
    reasons: list[LikenessReason]

    @classmethod
    def of(cls, result: Any) -> Self:
        """From a likely duplicate."""
        likely: duplicates.Likely = result
        return cls(
            client=Client.of(likely.client), score=likely.likeness.score, reasons=LikenessReason.all_of(likely.likeness)
        )


class CreatedClient(Client):
    """A client who was just made, and who on record may be the same person."""

    hint: list[Duplicate]

    @classmethod
    def of(cls, result: Any) -> Self:
        """From a client and their likely duplicates."""
        client, likely = result
        return cls(**dict(Client.of(client)), hint=[Duplicate.of(each) for each in likely])


class DuplicatePair(Answer):
    """Two clients who may be one person, the one made first before the other."""

    clients: list[Client]
    score: Score
    reasons: list[LikenessReason]

    @classmethod
    def of(cls, result: Any) -> Self:
        """From a likely pair."""
        pair: duplicates.LikelyPair = result
        return cls(
            clients=[Client.of(pair.first), Client.of(pair.second)],
            score=pair.likeness.score,
            reasons=LikenessReason.all_of(pair.likeness),
        )
