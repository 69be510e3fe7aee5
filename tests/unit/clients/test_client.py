"""Clients and contacts: names, phone numbers, consent, upcoming appointments."""

from __future__ import annotations

from dataclasses import replace

import pytest

from chalicelib.domain.clients.client import Contact, name_key
from chalicelib.domain.clients.phone_numbers import normalise_phone
from chalicelib.domain.shared.errors import Invalid
from tests.builders.records import appointment_builder as build
from tests.builders.records.appointment_builder import NOW


@pytest.mark.parametrize(
    "name", [("José", "Nuñez-O'Brien"), ("JOSE ", " nunez-o'brien"), ("Jose\u0301", "NUÑEZ-O'BRIEN")]
)
def test_names_compare_without_accents_case_and_spaces(name: tuple[str, str]) -> None:
    assert name_key(*name) == "jose nunez-o'brien"


@pytest.mark.parametrize("number", ["+1 416 555 0100", "(416) 555-0100", "4165550100"])
def test_phone_numbers_become_e164(number: str) -> None:
    assert normalise_phone(number, ["CA"], "/mobile") == "+14165550100"


@pytest.mark.parametrize(
    ("number", "country"),
    [
        ("555", "CA"),
        ("4165550100", None),
        ("call me", "CA"),
        ("555-0100", "CA"),
        ("+1 555 0100", None),
        ("+1 416 555 0100 ext. 5", "CA"),
    ],
)
def test_what_is_no_number_is_refused(number: str, country: str | None) -> None:
    with pytest.raises(Invalid):
        normalise_phone(number, [country] if country else [], "/mobile")


def test_consent_comes_only_with_a_number_not_known_before() -> None:
    ana = build.ana(language=None)
    assert ana.with_blanks_filled("+14165550199", receive_sms=True, language=None, now=NOW) is ana
    blank = replace(ana, mobile=None)
    filled = blank.with_blanks_filled("+14165550199", receive_sms=True, language="fr", now=NOW)
    assert (filled.mobile, filled.receive_sms, filled.language) == ("+14165550199", True, "fr")


def test_a_contact_counts_what_lies_ahead() -> None:
    contact = Contact("ana@example.org").with_booking("apt_1", 100, 0).with_booking("apt_2", 200, 0)
    assert [contact.upcoming_count(now) for now in (99, 100, 200)] == [2, 1, 0]
    assert contact.with_booking("apt_3", 300, 150).upcoming == (("apt_2", 200), ("apt_3", 300))
