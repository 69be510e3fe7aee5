"""Setting up the organisation, and who signs in to it, put together."""

from __future__ import annotations

import time
from functools import lru_cache
from typing import TYPE_CHECKING

from chalicelib.container.core import agenda, ids, pause, settings, store

if TYPE_CHECKING:
    from chalicelib.domain.shared.permissions import Principal
    from chalicelib.identity.cognito import CognitoUserPool
    from chalicelib.services.organisation.cancellation_reasons import CancellationReasons
    from chalicelib.services.organisation.locations import Locations
    from chalicelib.services.organisation.opening_hours import BranchHoursRecords, Closures, OpeningHours
    from chalicelib.services.organisation.public_catalogue import PublicCatalogue
    from chalicelib.services.organisation.references import References
    from chalicelib.services.organisation.rotas import Rotas
    from chalicelib.services.organisation.services import Services
    from chalicelib.services.organisation.settings import OrganisationSettings
    from chalicelib.services.organisation.staff import StaffMembers
    from chalicelib.services.organisation.statuses import Statuses
    from chalicelib.services.organisation.time_off import StaffTimeOff
    from chalicelib.services.organisation.work_schedules import WorkSchedules

# A change of the allowed origins is heard of within this time.
_ORIGINS_SECONDS = 60


def principal_for(email: str, groups: tuple[str, ...]) -> Principal | None:
    """The active staff member who signs in with this address; read anew at every call."""
    from chalicelib.services.organisation.authentication import principal_for

    return principal_for(store(), email, groups)


@lru_cache(maxsize=1)
def logins() -> CognitoUserPool:
    """The staff user pool; on the embedded AWS nobody is sent an invitation."""
    from chalicelib.identity import cognito

    pool = cognito.cognito_client(settings().region)
    return cognito.CognitoUserPool(pool, settings().user_pool_id, invite=not settings().is_local)


@lru_cache(maxsize=1)
def usage() -> References:
    """What still refers to a record of the catalogue."""
    from chalicelib.services.organisation.references import References

    return References(store(), agenda())


@lru_cache(maxsize=1)
def locations() -> Locations:
    """Set-up of locations."""
    from chalicelib.services.organisation.locations import Locations

    return Locations(store(), ids(), usage(), pause)


@lru_cache(maxsize=1)
def openings() -> BranchHoursRecords:
    """When each location is open."""
    from chalicelib.services.organisation.opening_hours import BranchHoursRecords

    return BranchHoursRecords(store(), ids(), pause)


@lru_cache(maxsize=1)
def opening_hours() -> OpeningHours:
    """Set-up of weekly hours."""
    from chalicelib.services.organisation.opening_hours import OpeningHours

    return OpeningHours(openings())


@lru_cache(maxsize=1)
def closures() -> Closures:
    """Set-up of closures."""
    from chalicelib.services.organisation.opening_hours import Closures

    return Closures(openings())


@lru_cache(maxsize=1)
def offerings() -> Services:
    """Set-up of services."""
    from chalicelib.services.organisation.services import Services

    return Services(store(), ids(), usage(), pause)


@lru_cache(maxsize=1)
def staffing() -> StaffMembers:
    """Set-up of staff."""
    from chalicelib.services.organisation.staff import StaffMembers

    return StaffMembers(store(), ids(), logins(), usage(), pause)


@lru_cache(maxsize=1)
def rotas() -> Rotas:
    """When each staff member works."""
    from chalicelib.services.organisation.rotas import Rotas

    return Rotas(store(), ids(), pause)


@lru_cache(maxsize=1)
def work_schedules() -> WorkSchedules:
    """Set-up of work schedules."""
    from chalicelib.services.organisation.work_schedules import WorkSchedules

    return WorkSchedules(rotas())


@lru_cache(maxsize=1)
def times_off() -> StaffTimeOff:
    """Set-up of time off."""
    from chalicelib.services.organisation.time_off import StaffTimeOff

    return StaffTimeOff(rotas(), agenda())


@lru_cache(maxsize=1)
def reasons() -> CancellationReasons:
    """Set-up of cancellation reasons."""
    from chalicelib.services.organisation.cancellation_reasons import CancellationReasons

    return CancellationReasons(store(), ids(), pause)


@lru_cache(maxsize=1)
def statuses() -> Statuses:
    """Set-up of statuses."""
    from chalicelib.services.organisation.statuses import Statuses

    return Statuses(store(), ids(), pause)


@lru_cache(maxsize=1)
def configuring() -> OrganisationSettings:
    """The organisation's settings."""
    from chalicelib.services.organisation.settings import OrganisationSettings

    return OrganisationSettings(store(), pause)


@lru_cache(maxsize=1)
def showcase() -> PublicCatalogue:
    """The public catalogue."""
    from chalicelib.services.organisation.public_catalogue import PublicCatalogue

    return PublicCatalogue(store())


def origins() -> tuple[str, ...]:
    """The web origins that may call the public routes, as the settings had them at most a minute ago."""
    return _origins(int(time.time() // _ORIGINS_SECONDS))


@lru_cache(maxsize=1)
def _origins(period: int) -> tuple[str, ...]:
    return configuring().show().allowed_origins
