"""Static files served by the API itself: the booking page, its scripts, and whatever else a browser loads."""

from __future__ import annotations

import hashlib
from functools import cache
from pathlib import Path
from typing import Any

from chalice.app import Response

from chalicelib.api.routing import PUBLIC, Call, Routes
from chalicelib.domain.errors import NotFound

WEB = Path(__file__).parent.parent / "web"
CONTENT_TYPES = {
    ".html": "text/html; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".css": "text/css; charset=utf-8",
    ".svg": "image/svg+xml",
}
CONTENT_SECURITY_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src 'self' data:; "
    "base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)


def page(routes: Routes, path: str, name: str, file: Path, csp: str = CONTENT_SECURITY_POLICY) -> None:
    """Serves one file at ``path``; ``name`` is the operation's id."""

    def show(call: Call[Any, Any]) -> Response:
        return served(file, csp)

    show.__name__ = name
    show.__doc__ = f"The file `{file.name}`."
    routes.get(path, who=PUBLIC, produces=CONTENT_TYPES[file.suffix])(show)


def folder(routes: Routes, path: str, name: str, directory: Path) -> None:
    """Serves the files of a directory at ``path``, which ends in ``{file}``."""

    def show(call: Call[Any, Any]) -> Response:
        return served(_files(directory).get(call.path["file"]))

    show.__name__ = name
    show.__doc__ = f"A file of `{directory.name}`."
    routes.get(path, who=PUBLIC, produces=CONTENT_TYPES[".js"])(show)


def served(file: Path | None, csp: str = CONTENT_SECURITY_POLICY) -> Response:
    """The file as an answer that browsers may keep but must ask about; 404 when there is none."""
    if file is None:
        raise NotFound()
    text, tag = _read(file)
    headers: dict[str, str | list[str]] = {
        "Content-Type": CONTENT_TYPES[file.suffix],
        "Content-Security-Policy": csp,
        "Cache-Control": "no-cache",
        "ETag": tag,
        "X-Content-Type-Options": "nosniff",
        # The address of the manage page carries a code: it goes to nobody.
        "Referrer-Policy": "no-referrer",
        # The widget is loaded by other people's pages, and module scripts ask for this.
        "Access-Control-Allow-Origin": "*",
    }
    return Response(text, headers)


@cache
def _read(file: Path) -> tuple[str, str]:
    text = file.read_text(encoding="utf-8")
    return text, f'"{hashlib.sha256(text.encode()).hexdigest()[:20]}"'


@cache
def _files(directory: Path) -> dict[str, Path]:
    return {file.name: file for file in directory.iterdir() if file.suffix in CONTENT_TYPES}
