"""Text messages: numbers, wording and segments."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given, settings, strategies as st

from chalicelib.domain.messaging.notifications import Rejected
from chalicelib.domain.shared.events import MessageKind
from chalicelib.notifications.rendered_message import render_text_message
from chalicelib.notifications.sms_segments import GSM_ALPHABET, fit_to_segments
from chalicelib.notifications.sns import SnsTextSender
from tests.builders.records import appointment_builder as build
from tests.builders.records.appointment_builder import PUBLIC_URL


@pytest.mark.parametrize("number", ["", "4165550100", "+0123456789", "+14165550100 ", "+1416", "+1416555010012345"])
def test_a_text_needs_an_international_number(number: str) -> None:
    with pytest.raises(Rejected):
        SnsTextSender(PUBLIC_URL, "us-east-1").prepare(replace(build.notification(), address=number))


def test_a_text_is_short_and_says_what_when_where() -> None:
    _, notification = build.notifications(at=build.context(build.appointment(), build.ana(receive_sms=True)))

    assert (
        render_text_message(notification, PUBLIC_URL)
        == "Maple Bank: confirmed, Mortgage advice, Tue, Dec 1, 10:00 AM, King Street."
    )


def test_who_gets_no_mail_finds_the_link_in_the_text() -> None:
    (notification,) = build.notifications(
        at=build.context(build.appointment(), build.ana(receive_sms=True, email=None))
    )

    assert render_text_message(notification, PUBLIC_URL).endswith(
        f" Change or cancel: {PUBLIC_URL}/manage?id=apt_01KAB&code=code-of-ana"
    )
    hostile = replace(notification, service="😀" * 500)
    assert render_text_message(hostile, PUBLIC_URL).endswith("code=code-of-ana")


@pytest.mark.parametrize("kind", list(MessageKind))
def test_line_breaks_and_braces_in_a_text_stay_text(kind: MessageKind) -> None:
    notification = replace(build.notification(), kind=kind, service="A\r\nB {{ 7*7 }} {name}", language="fr")
    body = render_text_message(notification, PUBLIC_URL)

    assert "A B {{ 7*7 }} {name}" in body
    assert not set(body) & set("\r\n")


@settings(max_examples=60)
@given(
    st.text(alphabet=st.characters(exclude_categories=["Cs"]), max_size=600), st.sampled_from(["", " https://x.org/y"])
)
def test_a_text_is_cut_between_code_points_and_fits_three_segments(body: str, tail: str) -> None:
    short = fit_to_segments(body, tail)
    kept = short.removesuffix(tail)

    assert short.endswith(tail)
    assert kept == body or (kept.endswith("...") and body.startswith(kept.removesuffix("...")))
    assert short.encode("utf-16-le").decode("utf-16-le") == short
    assert len(short) <= 3 * 153
    assert set(short) <= GSM_ALPHABET or len(short.encode("utf-16-le")) <= 2 * 3 * 67


def test_an_emoji_is_kept_whole_or_left_out() -> None:
    assert fit_to_segments("x" * 197 + "😀😀😀") == "x" * 197 + "..."
    assert fit_to_segments("x" * 196 + "😀😀😀") == "x" * 196 + "😀..."
    assert fit_to_segments("😀" * 300) == "😀" * 99 + "..."
    assert fit_to_segments("a" * 1000) == "a" * 456 + "..."
