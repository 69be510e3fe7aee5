"""The hourly integrity check: the whole ledger, and the clients whose hour of the day it is."""

from __future__ import annotations

from datetime import datetime
from zlib import crc32

from chalicelib.services.integrity.client_integrity import ClientIntegrity
from chalicelib.services.integrity.ledger_integrity import LedgerIntegrity
from chalicelib.services.messaging.messaging_ports import Observer

# The most clients compared in one run.
MAX_CLIENTS = 500


class IntegrityJob:
    """Counts and logs differences between data that is stored twice; logs only ids."""

    def __init__(self, ledger: LedgerIntegrity, clients: ClientIntegrity, observer: Observer) -> None:
        self._ledger = ledger
        self._clients = clients
        self._observer = observer

    def check(self, now: datetime) -> dict[str, int]:
        """Compare; returns how much was compared and how many differences there are.

        Each client with an upcoming appointment has one hour of the day, so that no run takes long.
        """
        report = self._ledger.check(now)
        due = [client_id for client_id in report.client_ids if crc32(client_id.encode()) % 24 == now.hour][:MAX_CLIENTS]
        flaws = self._clients.check(due)
        differences = [*(difference.key for difference in report.differences), *report.stale_team_members]
        differences += [(flaw.client_id, flaw.flaw) for flaw in flaws]
        self._observer.count("IntegrityDifferences", len(differences))
        for ids in differences:
            self._observer.alarm("integrity", place="/".join(ids))
        return {
            "appointments": report.appointments,
            "occupants": report.occupants,
            "clients": len(due),
            "differences": len(differences),
        }
