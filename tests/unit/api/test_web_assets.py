"""The assets of the pages: one script each, within a strict policy, every text in every language."""

from __future__ import annotations

import re
from collections import Counter
from pathlib import Path

import pytest

from chalicelib import web
from chalicelib.web.assets import ADDRESSES, Asset, find_asset

_HERE = Path(web.__file__).parent
_SOURCES = [*_HERE.glob("*.js"), *_HERE.glob("widget/*.js")]
_DECLARED = re.compile(r"^(?:async )?(?:const|let|class|function) (?:\{ *)?(\w+)", re.MULTILINE)


def sent(address: str) -> Asset:
    found = find_asset(address)
    assert found
    return found


def words(language: str) -> dict[str, str]:
    """The dictionary of one language, read from its source."""
    source = (_HERE / "widget" / "translations.js").read_text("utf-8")
    block = re.search(rf"^const {language} = \{{\n(.*?)^\}};", source, re.MULTILINE | re.DOTALL)
    assert block
    return dict(re.findall(r'(\w+): "([^"]*)"', block[1]))


@pytest.mark.parametrize("address", ["/widget.js", "/manage.js"])
def test_a_script_is_one_file_whose_names_do_not_clash(address: str) -> None:
    body = sent(address).body
    assert not re.search(r"^(?:import|export)\b", body, re.MULTILINE)
    assert [name for name, times in Counter(_DECLARED.findall(body)).items() if times > 1] == []
    assert 'customElements.define("frontdesk-' in body


def test_an_unknown_address_has_no_asset() -> None:
    assert find_asset("/widget/dom.js") is None
    assert find_asset("/../settings.py") is None


@pytest.mark.parametrize("address", ["/", "/manage"])
def test_a_page_needs_nothing_inline_and_nothing_from_elsewhere(address: str) -> None:
    page = sent(address)
    assert not re.search(r"<style|\son\w+=|\sstyle=|<script(?![^>]*\ssrc=)", page.body)
    assert not re.search(r"https?:", page.body)
    for local in re.findall(r'(?:src|href)="\./([^"]+)"', page.body):
        assert f"/{local}" in ADDRESSES
    assert "script-src 'self'" in page.headers["Content-Security-Policy"]
    assert "'unsafe" not in page.headers["Content-Security-Policy"]
    assert page.headers["Referrer-Policy"] == "no-referrer"


def test_nothing_is_ever_parsed_from_text() -> None:
    for source in _SOURCES:
        code = source.read_text("utf-8")
        assert not re.search(r"innerHTML|outerHTML|insertAdjacentHTML|document\.write|eval\(|new Function", code)


def test_both_languages_say_the_same_things_with_the_same_gaps() -> None:
    english, french = words("en"), words("fr")
    assert english.keys() == french.keys()
    gaps = re.compile(r"\{\w+\}")
    for key, text in english.items():
        assert sorted(gaps.findall(text)) == sorted(gaps.findall(french[key])), key


def test_every_text_asked_for_exists() -> None:
    asked = {key for source in _SOURCES for key in re.findall(r'\bt\("(\w+)"', source.read_text("utf-8"))}
    assert len(asked) > 40
    known = words("en").keys()
    assert [key for key in sorted(asked) if key not in known and f"{key}_other" not in known] == []


def test_whatever_is_said_of_an_appointment_is_said_of_a_request_too() -> None:
    source = (_HERE / "widget" / "appointment.js").read_text("utf-8")
    used = set(re.findall(r'#say\("(\w+)"', source))
    used |= {f"{what}_{part}" for what in ("move", "cancel") for part in ("ask", "yes", "until", "late")}
    assert len(used) > 5
    known = words("en").keys()
    assert [key for key in sorted(used) if key not in known or f"{key}_request" not in known] == []
