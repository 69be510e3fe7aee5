"""The response for each address of the booking and manage pages: body, content type and security headers."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path

_WEB_DIRECTORY = Path(__file__).parent
_IMPORT = re.compile(r'^import [^;]*?from "(?P<path>\./[^"]+)";\n', re.MULTILINE)
_EXPORT = re.compile(r"^export (?=(?:const|class|function|async) )", re.MULTILINE)
_COMMENT = re.compile(r"^ *(?:/\*\*.*?\*/|//[^\n]*)\n", re.MULTILINE | re.DOTALL)

_PAGE_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src data:; "
    "base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)
_COMMON_HEADERS = {"X-Content-Type-Options": "nosniff", "Referrer-Policy": "no-referrer"}
_PAGE_HEADERS = _COMMON_HEADERS | {"Content-Security-Policy": _PAGE_POLICY, "Cache-Control": "no-cache"}
# A module script on another site is fetched with CORS, independently of the origins the API allows.
_SCRIPT_HEADERS = _COMMON_HEADERS | {"Access-Control-Allow-Origin": "*", "Cache-Control": "public, max-age=300"}


@dataclass(frozen=True)
class Asset:
    """One response: UTF-8 text, its media type and further headers."""

    body: str
    content_type: str
    headers: Mapping[str, str]


@cache
def find_asset(address: str) -> Asset | None:
    """The asset at an address below the stage ("/", "/manage", "/widget.js" …); None if there is none."""
    build = _ADDRESSES.get(address)
    return build() if build else None


def _page(name: str) -> Asset:
    return Asset((_WEB_DIRECTORY / name).read_text("utf-8"), "text/html; charset=utf-8", _PAGE_HEADERS)


def _script(name: str) -> Asset:
    return Asset(bundle_modules(_WEB_DIRECTORY / name), "text/javascript; charset=utf-8", _SCRIPT_HEADERS)


def _style(name: str) -> Asset:
    return Asset((_WEB_DIRECTORY / name).read_text("utf-8"), "text/css; charset=utf-8", _SCRIPT_HEADERS)


_ADDRESSES = {
    "/": lambda: _page("index.html"),
    "/manage": lambda: _page("manage.html"),
    "/widget.js": lambda: _script("widget.js"),
    "/manage.js": lambda: _script("manage.js"),
    "/page.css": lambda: _style("page.css"),
}
ADDRESSES = frozenset(_ADDRESSES)


def bundle_modules(entry: Path) -> str:
    """A module with all its imports as one script, each file once and before the files that import it.

    Every request of a visitor is an invocation and counts against the gateway's throttle, so a page must not need
    a dozen of them. The files share one scope: if two declare the same name, the browser reports an error at once.
    """
    parts: dict[Path, str] = {}
    _collect_modules(entry.resolve(), parts)
    return "\n".join(parts.values())


def _collect_modules(path: Path, parts: dict[Path, str]) -> None:
    source = path.read_text("utf-8")
    for statement in _IMPORT.finditer(source):
        imported = (path.parent / statement["path"]).resolve()
        if imported not in parts:
            _collect_modules(imported, parts)
    body = _COMMENT.sub("", _EXPORT.sub("", _IMPORT.sub("", source)))
    parts.setdefault(path, body.strip() + "\n")
