"""The embedded AWS behind a queue that limits simultaneous requests to the API; run as a script.

The emulator starts a worker process for every simultaneous request if none is free. A burst of two hundred would
start two hundred interpreters, which takes minutes; behind the queue a few workers serve it in order.
"""

from __future__ import annotations

import asyncio
import os
from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any

from ministack import app as emulator

API_PREFIX = "/_aws/execute-api/"

Message = MutableMapping[str, Any]
Application = Callable[[Message, Callable[[], Awaitable[Message]], Callable[[Message], Awaitable[None]]], Any]


def limit_concurrency(application: Application, max_concurrent: int) -> Application:
    """The ASGI application with at most ``max_concurrent`` running requests to deployed APIs."""
    slots = asyncio.Semaphore(max_concurrent)

    async def admit(scope: Message, receive: Any, send: Any) -> None:
        if scope["type"] == "http" and scope["path"].startswith(API_PREFIX):
            async with slots:
                await application(scope, receive, send)
        else:
            await application(scope, receive, send)

    return admit


def main() -> None:
    """Serve until a signal ends the process."""
    emulator.app = limit_concurrency(emulator.app, max_concurrent=max(8, 4 * (os.cpu_count() or 1)))
    emulator.main()


if __name__ == "__main__":
    main()
