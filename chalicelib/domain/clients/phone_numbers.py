"""Reading telephone numbers: as E.164, in international notation or as dialled in a country."""

from __future__ import annotations

from collections.abc import Iterable

from chalicelib.domain.shared.errors import invalid

# The shortest number that reaches anybody, and the longest there is (E.164).
PHONE_DIGITS = range(7, 16)


def normalise_phone(number: str, countries: Iterable[str], pointer: str) -> str:
    """The number as E.164, in the first of the countries (ISO 3166) where it is possible; 422 ``invalid_phone``.

    A local number without its area code and a number with an extension are refused.
    """
    found = next(filter(None, (_to_e164(number, country) for country in tuple(countries) or (None,))), None)
    if found is None:
        raise invalid(pointer, "This is not a phone number with its area code, or has an extension.", "invalid_phone")
    return found


def search_readings(typed: str, countries: Iterable[str]) -> tuple[str, ...]:
    """Every number that typed digits may mean, as E.164; a local number without its area code is one."""
    # People leave the plus out, or write two zeros for it: without it, too, this may be an international number.
    international = typed if typed.startswith("+") else f"+{typed.removeprefix('00')}"
    found = [_to_e164(international, None, allow_local=True)]
    if typed != international:
        found += [_to_e164(typed, country, allow_local=True) for country in countries]
    return tuple(dict.fromkeys(number for number in found if number))


def _to_e164(number: str, country: str | None, *, allow_local: bool = False) -> str | None:
    import phonenumbers  # its metadata is large: loaded where a number is read

    try:
        parsed = phonenumbers.parse(number, country)
    except phonenumbers.NumberParseException:
        return None
    accepted = [phonenumbers.ValidationResult.IS_POSSIBLE]
    accepted += [phonenumbers.ValidationResult.IS_POSSIBLE_LOCAL_ONLY] if allow_local else []
    if parsed.extension or phonenumbers.is_possible_number_with_reason(parsed) not in accepted:
        return None
    return str(phonenumbers.format_number(parsed, phonenumbers.PhoneNumberFormat.E164))
