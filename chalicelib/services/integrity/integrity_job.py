"""The hourly integrity check: the whole ledger, and the clients whose hour of the day it is."""

from __future__ import annotations

from datetime import datetime
from zlib import crc32

from chalicelib.services.integrity.client_integrity import ClientIntegrity
from chalicelib.services.integrity.ledger_integrity import LedgerIntegrity
from chalicelib.services.messaging.messaging_ports import Observer

# So many clients are compared in one run.
MAX_CLIENTS = 500


class IntegrityJob:
    """Counts and logs what is kept twice and differs; ids only."""

    def __init__(self, ledger: LedgerIntegrity, clients: ClientIntegrity, observer: Observer) -> None:
        self._ledger = ledger
        self._clients = clients
        self._observer = observer

    def check(self, now: datetime) -> dict[str, int]:
        """The numbers of what was compared and of differences.

        Each client with something ahead is compared in one hour of the day, so that no run takes long.
        """
        report = self._ledger.check(now)
        due_this_hour = [client_id for client_id in report.client_ids if crc32(client_id.encode()) % 24 == now.hour]
        flaws = self._clients.check(due_this_hour[:MAX_CLIENTS])
        places = [*(difference.key for difference in report.differences), *report.stale_team_members]
        places += [(flaw.client_id, flaw.flaw) for flaw in flaws]
        self._observer.count("IntegrityDifferences", len(places))
        for place in places:
            self._observer.alarm("integrity", place="/".join(place))
        return {
            "appointments": report.appointments,
            "occupants": report.occupants,
            "clients": len(due_this_hour[:MAX_CLIENTS]),
            "differences": len(places),
        }
