"""The one benchmark that needs the local stack runs, on a stack of its own."""

from __future__ import annotations

from pathlib import Path

from benchmarks.speed import booking_throughput


def test_throughput_is_measured_beside_the_bare_transaction(tmp_path: Path) -> None:
    figures = booking_throughput.measure(booking_throughput.RequestLoad(rounds=1, requests=2), tmp_path / "stack")

    assert set(figures) == {1, booking_throughput.WORKERS}
    for by_name in figures.values():
        assert set(by_name) == {
            booking_throughput.BARE_TRANSACTIONS,
            booking_throughput.BOOKINGS,
            booking_throughput.HEALTH_REQUESTS,
        }
        assert all(rate > 0 for found in by_name.values() for rate in found)
    assert not (tmp_path / "stack").exists()
