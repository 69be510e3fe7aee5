"""The one benchmark that needs the local stack runs, on a stack of its own."""

from __future__ import annotations

from pathlib import Path

from benchmarks import throughput


def test_throughput_is_measured_beside_the_bare_transaction(tmp_path: Path) -> None:
    figures = throughput.measure(throughput.RequestLoad(rounds=1, requests=2), tmp_path / "stack")

    assert set(figures) == {1, throughput.WORKERS}
    for by_name in figures.values():
        assert set(by_name) == {throughput.BARE_TRANSACTIONS, throughput.BOOKINGS, throughput.HEALTH_REQUESTS}
        assert all(rate > 0 for found in by_name.values() for rate in found)
    assert not (tmp_path / "stack").exists()
