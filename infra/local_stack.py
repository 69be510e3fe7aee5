"""The local stack: ``python -m infra.local_stack up|run|down`` runs production's template on the embedded AWS."""

from __future__ import annotations

import importlib
import json
import os
import secrets
import shutil
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

from infra import bootstrap_logins, deploy, gateway_responses, package, stages
from infra.aws_clients import Clients
from infra.emulator import REGION, Emulator, EmulatorFailed
from infra.seed.api_client import SeedFailed

SEEDS = ("demo", "empty", "none")
USERS = {role: f"{role}@example.org" for role in stages.ROLES}
# CloudFormation needs a value before the API has an id; the second deployment sets the right one.
PLACEHOLDER_URL = "http://not-yet-known.invalid"


def stack_directory() -> Path:
    """The directory with all files of the local stack: ``FRONTDESK_LOCAL_DIR``, by default ``.local``."""
    return (stages.ROOT / os.environ.get("FRONTDESK_LOCAL_DIR", ".local")).resolve()


def up(directory: Path, seed: str) -> dict[str, Any]:
    """Start, deploy, write ``stack.json``, seed if the table is empty; return the content of ``stack.json``."""
    emulator = Emulator(directory)
    if _seeding_marker(directory).exists():
        # An incomplete organisation would never be completed: start again.
        emulator.stop()
        shutil.rmtree(directory)
    directory.mkdir(parents=True, exist_ok=True)
    emulator.start()
    clients = emulator.clients()
    built = package.package(stages.LOCAL, directory / "build")
    known = _read_stack(directory)
    deployed, api_url = _deploy(clients, emulator.url, built, known.get("api_url", PLACEHOLDER_URL))
    template = json.loads((built / "template.json").read_text())
    gateway_responses.put_gateway_responses(clients, deployed.outputs["RestAPIId"], stages.LOCAL, template, api_url)
    _verify_sender(clients)
    stack = _stack_description(
        emulator.url, api_url, deployed, known.get("demo", {}).get("password") or _new_password()
    )
    (directory / "stack.json").write_text(json.dumps(stack, indent=2) + "\n")
    _seed(clients, stack, seed, _seeding_marker(directory))
    return stack


def down(directory: Path) -> None:
    """Stop the embedded AWS; its state stays for the next ``up``."""
    Emulator(directory).stop()


def run(directory: Path, seed: str) -> None:
    """``up`` in the foreground: print the addresses, show the logs, stop at Ctrl-C."""
    # Also save the state when the process is terminated by its id.
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    try:
        print(_start_message(up(directory, seed)), flush=True)
        with subprocess.Popen(["/usr/bin/tail", "-n", "0", "-F", str(Emulator(directory).log)]) as tail:
            try:
                signal.pause()
            finally:
                tail.terminate()
    except KeyboardInterrupt:
        print("stopping; the state is kept", flush=True)
    finally:
        down(directory)


def _deploy(clients: Clients, endpoint: str, built: Path, api_url: str) -> tuple[deploy.Deployment, str]:
    """Deploy with the API's address as a parameter, and once more if the address turns out to be another.

    The embedded AWS gives an API a new id whenever its routes change, and a restart may give it another port.
    """
    for _ in range(2):
        parameters = {**stages.parameters(stages.LOCAL), "PublicUrl": api_url}
        deployed = deploy.deploy(clients, stages.LOCAL, built, parameters, pause_seconds=0.1)
        actual = f"{endpoint}/_aws/execute-api/{deployed.outputs['RestAPIId']}/{stages.LOCAL}"
        if actual == api_url:
            break
        api_url = actual
    return deployed, actual


def _verify_sender(clients: Clients) -> None:
    """Verify the sender, which takes a click in a message in a real account."""
    clients("ses").verify_email_identity(EmailAddress=stages.parameters(stages.LOCAL)["SenderIdentity"])


def _stack_description(endpoint: str, api_url: str, deployed: deploy.Deployment, password: str) -> dict[str, Any]:
    return {
        "api_url": api_url,
        "aws_endpoint_url": endpoint,
        "region": REGION,
        "table_name": deployed.outputs["TableName"],
        "user_pool_id": deployed.outputs["StaffPoolId"],
        "user_pool_client_id": deployed.outputs["StaffClientId"],
        "events_topic_arn": deployed.outputs["EventsTopicArn"],
        "dead_letter_queue_url": deployed.outputs["MessageDeadLettersUrl"],
        "functions": deployed.functions,
        "demo": {"password": password, "users": USERS},
    }


def _seed(clients: Clients, stack: dict[str, Any], seed: str, marker: Path) -> None:
    """Fill an empty table through the API, as the administrator that ``infra.bootstrap`` creates in accounts."""
    pool, password = stack["user_pool_id"], stack["demo"]["password"]
    bootstrap_logins.create_login(clients, pool, USERS["admin"], "admin", invite=False)
    bootstrap_logins.set_passwords(clients, pool, password)
    if seed == "none" or clients("dynamodb").scan(TableName=stack["table_name"], Limit=1)["Count"]:
        return
    token = bootstrap_logins.sign_in(clients, stack["user_pool_client_id"], USERS["admin"], password)
    marker.touch()
    importlib.import_module(f"infra.seed.{seed}").seed(stack["api_url"], token)
    bootstrap_logins.set_passwords(clients, pool, password)
    marker.unlink()


def _seeding_marker(directory: Path) -> Path:
    """A file that exists while the organisation is being created."""
    return directory / "seeding"


def _read_stack(directory: Path) -> dict[str, Any]:
    path = directory / "stack.json"
    content: dict[str, Any] = json.loads(path.read_text()) if path.exists() else {}
    return content


def _new_password() -> str:
    """A password that meets the pool's password policy."""
    return f"Aa1-{secrets.token_urlsafe(9)}"


def _start_message(stack: dict[str, Any]) -> str:
    users = "\n".join(f"    {email}" for email in stack["demo"]["users"].values())
    return (
        f"\nFrontdesk is up. Stop it with Ctrl-C.\n\n"
        f"  booking page   {stack['api_url']}/\n"
        f"  API document   {stack['api_url']}/docs\n"
        f"  sent mail      {stack['aws_endpoint_url']}/_ministack/ses/messages\n"
        f"  sent texts     {stack['aws_endpoint_url']}/_ministack/sns/sms-messages\n"
        f"  staff logins, password {stack['demo']['password']}\n{users}\n"
    )


def main(arguments: list[str]) -> int:
    """Run one command; ``SEED`` in the environment names the data for an empty table."""
    seed = os.environ.get("SEED") or "demo"
    commands = {"up", "run", "down"}
    if len(arguments) != 1 or arguments[0] not in commands or seed not in SEEDS:
        print(f"usage: [SEED={'|'.join(SEEDS)}] python -m infra.local_stack up|run|down", file=sys.stderr)
        return 2
    place = stack_directory()
    try:
        if arguments[0] == "down":
            down(place)
        elif arguments[0] == "run":
            run(place, seed)
        else:
            print(f"up: {up(place, seed)['api_url']}")
    except (EmulatorFailed, SeedFailed, deploy.DeploymentFailed, package.PackageIncomplete) as error:
        print(error, file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
