"""docs/rules.md explains every rule that is cited anywhere, and prints the permission matrix as it is."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.builders.oracles.permission_matrix import ROLES, ROWS

ROOT = Path(__file__).parents[3]
RULES = ROOT / "docs/rules.md"
CODE = ("app.py", "chalicelib", "infra", "tests", "benchmarks")
DOCUMENTS = ("docs", "README.md", "CHANGELOG.md", "CONTRIBUTING.md")
KINDS = {".py", ".js", ".toml", ".md", ".yaml"}
NOT_OURS = ROOT / "chalicelib/web/docs"

_ID = re.compile(r"\b(?:(QS|CC|CL|MG|AS|WG|RB|TZ|NT|TR)-|(D))(\d+b?)\b(?:\s*(?:…|\.\.\.?)\s*(?:\1-|\2)(\d+)\b)?")
_NUMBERED = re.compile(r"(?:\b|_)(case|feature)s?[ _](\d+(?:(?:–|, | and | to )\d+)*)", re.IGNORECASE)
_SPAN = re.compile(r"(\d+)(?:(?:–| to )(\d+))?")


def cited(text: str) -> Iterator[str]:
    """Every rule a text names, as the tables write it; spans are filled in."""
    for area, decision, first, last in _ID.findall(text):
        prefix = f"{area}-" if area else decision
        yield f"{prefix}{first}"
        yield from (f"{prefix}{number}" for number in _between(first, last))
    for kind, numbers in _NUMBERED.findall(text):
        for first, last in _SPAN.findall(numbers):
            yield from (f"{kind.lower()} {number}" for number in (first, *_between(first, last)))


def _between(first: str, last: str) -> range:
    return range(int(first.rstrip("b")) + 1, int(last) + 1) if last else range(0)


def rows() -> list[list[str]]:
    """The cells of every row of every table."""
    lines = RULES.read_text("utf-8").splitlines()
    return [[cell.strip() for cell in line.strip("|").split("|")] for line in lines if line.startswith("|")]


def explained() -> list[str]:
    """The rules that have a row in a table."""
    return [name for name, *_ in rows() if list(cited(name)) == [name]]


def sources() -> list[Path]:
    """Every file that may cite a rule, except the one that explains them."""
    found = (path for place in (*CODE, *DOCUMENTS) for path in (ROOT / place, *(ROOT / place).rglob("*")))
    ours = (path for path in found if path != RULES and NOT_OURS not in path.parents)
    return sorted(path for path in ours if path.is_file() and path.suffix in KINDS)


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("whoever starts it (D32, D25b, WG-6)", ["D32", "D25b", "WG-6"]),
        ("(QS-9 … QS-11, D36 … D38)", ["QS-9", "QS-10", "QS-11", "D36", "D37", "D38"]),
        ("(feature 71)", ["feature 71"]),
        ("def test_case_9_at_night() -> None", ["case 9"]),
        ("(edge cases 16, 17; D28)", ["D28", "case 16", "case 17"]),
        ("(features 22–24, 27)", ["feature 22", "feature 23", "feature 24", "feature 27"]),
        ("cases 8 to 10 and features 84 and 87", ["case 8", "case 9", "case 10", "feature 84", "feature 87"]),
        ("feature_disabled, 3D, a D-day, or in this case none", []),
    ],
)
def test_how_a_rule_is_cited(text: str, names: list[str]) -> None:
    assert list(cited(text)) == names


def test_every_rule_that_is_cited_is_explained() -> None:
    known = set(explained())
    unknown = [
        f"{path.relative_to(ROOT)}: {name}"
        for path in sources()
        if path != Path(__file__)
        for name in cited(path.read_text("utf-8"))
        if name not in known
    ]
    assert not unknown


def test_every_rule_is_explained_once() -> None:
    assert [name for name, times in Counter(explained()).items() if times > 1] == []


def test_every_link_to_a_decision_leads_somewhere() -> None:
    links = re.findall(r"\]\((decisions/[^)#]+)\)", RULES.read_text("utf-8"))
    assert links
    assert [link for link in links if not (RULES.parent / link).is_file()] == []


def test_the_matrix_is_the_one_in_the_code() -> None:
    """test_permissions compares these letters with chalicelib/domain/shared/permissions.py, cell by cell."""
    (header,) = (row for row in rows() if row[0] == "ability")
    printed = {row[0].strip("`"): row[1:7] for row in rows() if row[0].startswith("`")}

    assert header[1:7] == list(ROLES)
    assert printed == {ability: letters.split() for ability, letters in ROWS.items()}
