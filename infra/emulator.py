"""The embedded AWS as a process: started on a free loopback port, stopped with its state saved."""

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
LAUNCHER = stages.ROOT / "infra" / "emulator_main.py"
TIMEOUT_SECONDS = 60


class EmulatorFailed(Exception):
    """The embedded AWS did not start or stop in time; the message names its log file."""


@dataclass(frozen=True)
class Emulator:
    """One embedded AWS; its process id, port, state and log are in ``directory``."""

    directory: Path

    @property
    def log(self) -> Path:
        """The file with the output of the process and of the functions it runs."""
        return self.directory / "aws.log"

    @property
    def _process_file(self) -> Path:
        return self.directory / "aws.json"

    @property
    def port(self) -> int:
        """The port it listens on; a restart uses the same one if it is still free."""
        return int(self._read_process()["port"])

    @property
    def url(self) -> str:
        """Its endpoint for all AWS services."""
        return f"http://{HOST}:{self.port}"

    def clients(self) -> Clients:
        """Its clients, for all services."""
        return endpoint_clients(self.url, REGION)

    def is_running(self) -> bool:
        """True while the recorded process is alive and responds."""
        process = self._read_process()
        return bool(process) and _is_emulator(process["pid"]) and _is_healthy(process["port"])

    def start(self) -> None:
        """Start it unless it runs; returns when it responds. Raises ``EmulatorFailed``."""
        if self.is_running():
            return
        # A killed emulator leaves its functions' unpacked packages.
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
                # A process group of its own: Ctrl-C in the terminal must not end it before its state is saved, and
                # the functions' worker processes end with the group.
                start_new_session=True,
            )
        self._process_file.write_text(json.dumps({"pid": process.pid, "port": port}))
        _wait_until(lambda: _is_healthy(port) or process.poll() is not None, self._failure_message("start"))
        if process.poll() is not None:
            raise EmulatorFailed(self._failure_message("start"))

    def stop(self) -> None:
        """Stop it and the workers it started; its state stays. Raises ``EmulatorFailed``."""
        pid = self._read_process().get("pid")
        if not pid or not _is_emulator(pid):
            return
        os.kill(pid, signal.SIGTERM)
        _wait_until(lambda: not _is_emulator(pid), self._failure_message("stop"))
        with contextlib.suppress(ProcessLookupError):  # if no worker is left
            os.killpg(pid, signal.SIGKILL)
        shutil.rmtree(self.directory / "tmp", ignore_errors=True)

    def _read_process(self) -> dict[str, int]:
        if not self._process_file.exists():
            return {}
        process: dict[str, int] = json.loads(self._process_file.read_text())
        return process

    def _forget_stream_positions(self) -> None:
        """Delete the saved positions: streams themselves are not saved, so as many new records would be skipped."""
        file = self.directory / "state" / "lambda.json"
        if file.exists():
            state = json.loads(file.read_text())
            state["payload"]["dynamodb_stream_positions"]["data"] = {}
            file.write_text(json.dumps(state))

    def _failure_message(self, verb: str) -> str:
        return f"the embedded AWS did not {verb}; see {self.log}"

    def _environment(self, port: int) -> dict[str, str]:
        """A clean environment, which the functions' worker processes inherit."""
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
            # Unused parts of the emulator that would open ports or look for a daemon.
            "SFTP_ENABLED": "0",
            "IOT_MTLS_ENABLED": "0",
            "DOCKER_HOST": "unix:///nonexistent",
        }


def _is_emulator(pid: int) -> bool:
    """True if the process is alive and is the emulator: process ids are reused."""
    try:
        return b"infra/emulator_main.py" in Path(f"/proc/{pid}/cmdline").read_bytes()
    except OSError:
        return False


def _is_healthy(port: int) -> bool:
    try:
        with urllib.request.urlopen(f"http://{HOST}:{port}/_ministack/health", timeout=2) as answer:
            return bool(answer.status == 200)
    except (urllib.error.URLError, OSError):
        return False


def _free_port(preferred: int) -> int:
    """``preferred`` if it is free, else any free port; 0 for any."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((HOST, preferred))
        except OSError:
            probe.bind((HOST, 0))
        return int(probe.getsockname()[1])


def _wait_until(condition: Callable[[], bool], failure: str) -> None:
    """Wait until the condition holds, checked every 50 ms; ``EmulatorFailed`` with ``failure`` after the timeout."""
    deadline = time.monotonic() + TIMEOUT_SECONDS
    while not condition():
        if time.monotonic() > deadline:
            raise EmulatorFailed(failure)
        time.sleep(0.05)
