"""Merging clients, as requests and answers say it."""

from __future__ import annotations

from typing import Annotated, Any, Self

from pydantic import Field

from chalicelib.api.schemas.clients.clients import Client
from chalicelib.api.schemas.shared.fields import Answer, Id, Input, Instant
from chalicelib.domain.clients import merging as domain
from chalicelib.services.clients.merging import Merged, MergeWish


class MergeRequest(Input):
    """Which record goes into which. What the duplicate has wins over the primary's; its blanks erase nothing.

    `fields` are those that are copied, without it all of them. `dry_run` shows what would become of it.
    """

    duplicate_id: Id
    primary_id: Id
    fields: Annotated[tuple[Annotated[str, Field(max_length=64)], ...], Field(max_length=50)] | None = None
    dry_run: bool = False

    def wish(self) -> MergeWish:
        """What the use case is asked."""
        return MergeWish(self.duplicate_id, self.primary_id, self.fields, self.dry_run)


class Profile(Answer):
    """A client's fields."""

    first_name: str
    last_name: str
    email: str | None
    mobile: str | None
    phone: str | None
    work_phone: str | None
    address: str
    city: str
    region: str
    postal_code: str
    country: str | None
    timezone: str | None
    language: str | None
    notes: str
    external_id: str | None
    receive_sms: bool
    receive_email: bool


class Engagement(Answer):
    """An appointment that one of the two comes to."""

    id: str
    start: Instant
    end: Instant

    @classmethod
    def of(cls, result: Any) -> Self:
        """From something a client comes to."""
        engagement: domain.Engagement = result
        return cls(id=engagement.appointment_id, start=engagement.start, end=engagement.end)


class Conflict(Answer):
    """Two appointments at the same time, the duplicate's first; both stay."""

    appointments: list[Engagement]

    @classmethod
    def of(cls, result: Any) -> Self:
        """From a conflict."""
        conflict: domain.Conflict = result
        return cls(appointments=[Engagement.of(conflict.duplicates), Engagement.of(conflict.primarys)])


class MergedClients(Answer):
    """The client that is left, their fields `before` and `after`; without a `merge_id` nothing has been written.

    `notes_archived` is what the profile's notes could not hold; the client's log keeps it.
    """

    merge_id: str | None
    client: Client
    before: Profile
    after: Profile
    conflicts: list[Conflict]
    notes_archived: str

    @classmethod
    def of(cls, result: Any) -> Self:
        """From a merge."""
        merged: Merged = result
        return cls(
            merge_id=None if merged.dry_run else merged.merge.id,
            client=Client.of(merged.client),
            before=Profile.of(merged.merge.primary),
            after=Profile.of(merged.client),
            conflicts=[Conflict.of(conflict) for conflict in merged.conflicts],
            notes_archived=merged.merge.archived_notes,
        )


class PartedClients(Answer):
    """Both clients apart again; `kept_fields` are those of the primary that have been edited since the merge."""

    duplicate: Client
    primary: Client
    kept_fields: list[str]

    @classmethod
    def of(cls, result: Any) -> Self:
        """From an undone merge."""
        apart: domain.Undone = result
        return cls(
            duplicate=Client.of(apart.duplicate), primary=Client.of(apart.primary), kept_fields=list(apart.kept_fields)
        )
