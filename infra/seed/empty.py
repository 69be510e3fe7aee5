"""A minimal organisation: its settings and one staff member per role."""

from __future__ import annotations

from typing import Any

from infra import stages
from infra.seed.api_client import ApiClient

NAMES = {
    "admin": "Alex Morgan",
    "manager": "Priya Natarajan",
    "staff_advanced": "Samuel Okafor",
    "staff_plus": "Chloé Tremblay",
    "staff": "Daniel Kim",
    "contact_centre": "Rosa Delgado",
}

# People who try the system out book with the same address again and again.
SETTINGS: dict[str, Any] = {
    "organisation_name": "Frontdesk",
    "timezone": "America/Toronto",
    "languages": ["en", "fr"],
    "bookings_per_contact": 100,
}


def seed(api_url: str, token: str) -> None:
    """Fill the organisation; ``token`` is the first administrator's, who becomes a staff member first."""
    with ApiClient(api_url, token) as api:
        create_staff_and_settings(api)


def create_staff_and_settings(api: ApiClient) -> None:
    """Create staff, the administrator first, and settings."""
    for role in stages.ROLES:
        api.post("/staff", staff_body(role))
    api.patch("/settings", SETTINGS)


def staff_body(role: str, **more: Any) -> dict[str, Any]:
    """The body that creates the staff member of a role."""
    return {"name": NAMES[role], "email": f"{role}@example.org", "role": role, **more}
