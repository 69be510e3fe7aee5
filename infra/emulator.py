"""The embedded AWS as a process: started on a free loopback port, stopped so that its state is kept."""

from __future__ import annotations

import contextlib
import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from infra import stages
from infra.aws_clients import Clients, endpoint_clients

HOST = "127.0.0.1"
REGION = "us-east-1"
LAUNCHER = stages.ROOT / "infra" / "emulator_launcher.py"
TIMEOUT_SECONDS = 60


class EmulatorFailed(Exception):
    """The embedded AWS did not start or stop in time; the message says where its log is."""


@dataclass(frozen=True)
class Emulator:
    """One embedded AWS whose process number, port, state and log lie in ``directory``."""

    directory: Path

    @property
    def log(self) -> Path:
        """What the process and the functions it runs print."""
        return self.directory / "aws.log"

    @property
    def _process_file(self) -> Path:
        return self.directory / "aws.json"

    @property
    def port(self) -> int:
        """The port it listens on, the same again after a restart when that is still free."""
        return int(self._read_process()["port"])

    @property
    def url(self) -> str:
        """Its endpoint for every AWS service."""
        return f"http://{HOST}:{self.port}"

    def clients(self) -> Clients:
        """Clients of it, for every service."""
        return endpoint_clients(self.url, REGION)

    def is_running(self) -> bool:
        """Whether the process noted here is alive and answers."""
        note = self._read_process()
        return bool(note) and _is_emulator(note["pid"]) and _is_healthy(note["port"])

    def start(self) -> None:
        """Start it unless it runs; returns when it answers. Raises ``EmulatorFailed``."""
        if self.is_running():
            return
        # What a killed one left of its functions' unpacked packages.
        shutil.rmtree(self.directory / "tmp", ignore_errors=True)
        for name in ("state", "objects", "tmp"):
            (self.directory / name).mkdir(parents=True, exist_ok=True)
        self._forget_stream_positions()
        port = _free_port(self._read_process().get("port", 0))
        with self.log.open("ab") as log:
            process = subprocess.Popen(
                [sys.executable, "-P", str(LAUNCHER)],
                cwd=self.directory,
                env=self._environment(port),
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                # A group of its own: Ctrl-C in the terminal must not end it before its state is saved, and
                # the functions' worker processes are ended with the group.
                start_new_session=True,
            )
        self._process_file.write_text(json.dumps({"pid": process.pid, "port": port}))
        _wait_until(lambda: _is_healthy(port) or process.poll() is not None, self._failure_message("start"))
        if process.poll() is not None:
            raise EmulatorFailed(self._failure_message("start"))

    def stop(self) -> None:
        """Stop it and the workers it started; its state stays. Raises ``EmulatorFailed``."""
        note = self._read_process()
        pid = note.get("pid")
        if not pid or not _is_emulator(pid):
            return
        os.kill(pid, signal.SIGTERM)
        _wait_until(lambda: not _is_emulator(pid), self._failure_message("stop"))
        with contextlib.suppress(ProcessLookupError):  # when no worker outlived it
            os.killpg(pid, signal.SIGKILL)
        shutil.rmtree(self.directory / "tmp", ignore_errors=True)

    def _read_process(self) -> dict[str, int]:
        if not self._process_file.exists():
            return {}
        note: dict[str, int] = json.loads(self._process_file.read_text())
        return note

    def _forget_stream_positions(self) -> None:
        """It keeps how far a stream was read but not the stream, and would skip as many new records."""
        kept = self.directory / "state" / "lambda.json"
        if kept.exists():
            state = json.loads(kept.read_text())
            state["payload"]["dynamodb_stream_positions"]["data"] = {}
            kept.write_text(json.dumps(state))

    def _failure_message(self, verb: str) -> str:
        return f"the embedded AWS did not {verb}; see {self.log}"

    def _environment(self, port: int) -> dict[str, str]:
        """A clean environment: the functions' worker processes inherit it."""
        return {
            "PATH": "/usr/local/bin:/usr/bin:/bin",
            "HOME": str(self.directory),
            "LANG": "C.UTF-8",
            "TZ": "UTC",
            "TMPDIR": str(self.directory / "tmp"),
            "GATEWAY_PORT": str(port),
            "BIND_HOST": HOST,
            "AUTH": "true",
            "MINISTACK_REGION": REGION,
            "PERSIST_STATE": "1",
            "STATE_DIR": str(self.directory / "state"),
            "S3_PERSIST": "1",
            "S3_DATA_DIR": str(self.directory / "objects"),
            # Parts of the emulator that Frontdesk has no use for and that open ports or look for a daemon.
            "SFTP_ENABLED": "0",
            "IOT_MTLS_ENABLED": "0",
            "DOCKER_HOST": "unix:///nonexistent",
        }


def _is_emulator(pid: int) -> bool:
    """Whether that process lives and is the emulator: process numbers are used again."""
    try:
        return b"infra/emulator_launcher.py" in Path(f"/proc/{pid}/cmdline").read_bytes()
    except OSError:
        return False


def _is_healthy(port: int) -> bool:
    try:
        with urllib.request.urlopen(f"http://{HOST}:{port}/_ministack/health", timeout=2) as answer:
            return bool(answer.status == 200)
    except (urllib.error.URLError, OSError):
        return False


def _free_port(wanted: int) -> int:
    """``wanted`` when it is free, else any free port; 0 wants any."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((HOST, wanted))
        except OSError:
            probe.bind((HOST, 0))
        return int(probe.getsockname()[1])


def _wait_until(condition: Callable[[], bool], failure: str) -> None:
    """Look again every 50 ms until the condition holds; raises ``EmulatorFailed`` with ``failure``."""
    deadline = time.monotonic() + TIMEOUT_SECONDS
    while not condition():
        if time.monotonic() > deadline:
            raise EmulatorFailed(failure)
        time.sleep(0.05)
