"""Where the world finds this worker: the public IPv4 of the task's own network interface, or of the machine's."""

from __future__ import annotations

import logging
import os
import socket
import time
from collections.abc import Callable, Iterable, Mapping
from ipaddress import IPv4Address
from pathlib import Path
from typing import Any, Final, cast

from renderer.link_local import NoAnswer, ask, ask_for_object

log = logging.getLogger("renderer.public_address")

PUBLIC: Final = "public"
"""What TURN_ADDRESS says when the address is to be found out."""
METADATA_VARIABLE: Final = "ECS_CONTAINER_METADATA_URI_V4"
IMDS: Final = "http://169.254.169.254"
ATTEMPTS: Final = 15
PAUSE_SEC: Final = 2.0
_TOKEN_SEC: Final = "60"

DescribeInterfaces = Callable[[list[str]], list[Mapping[str, Any]]]
"""Private IPv4 addresses to EC2's descriptions of the interfaces that have them."""


class PublicAddress:
    """Looks for it. A task with an interface of its own (awsvpc) asks EC2 which public address that has; one on the
    machine's network asks the machine's metadata (IMDSv2; from there no hop away), and EC2 where that is closed.
    """

    def __init__(
        self,
        describe: DescribeInterfaces,
        environ: Mapping[str, str] | None = None,
        *,
        imds: str = IMDS,
        pause: Callable[[float], None] = time.sleep,
        own: Callable[[], tuple[str, set[str]]] | None = None,
    ) -> None:
        self._describe, self._imds, self._pause = describe, imds, pause
        self._environ = os.environ if environ is None else environ
        self._own = own or _own_addresses

    def find(self, attempts: int = ATTEMPTS) -> str:
        """The address, which may be there only some seconds after the task. Raises ValueError when it does not come."""
        why = ""
        for attempt in range(attempts):
            if attempt:
                self._pause(PAUSE_SEC)
            try:
                return self._look()
            except NoAnswer as answer:
                why = str(answer)
                log.info("no public address yet", extra={"why": why})
        raise ValueError(
            f"This worker has no public IPv4 address ({why}). Give its task one (assignPublicIp, or a subnet that "
            "does), allow ec2:DescribeNetworkInterfaces, or set TURN_ADDRESS."
        )

    def _look(self) -> str:
        base = self._environ.get(METADATA_VARIABLE)
        networks = _networks(ask_for_object(base)) if base else []
        for network in networks:
            if network.get("NetworkMode") == "awsvpc":
                mac, private = str(network.get("MACAddress", "")), network.get("IPv4Addresses")
                addresses = [str(each) for each in cast("list[Any]", private)] if isinstance(private, list) else []
                return self._of_interface(addresses, {mac.lower()})
        try:
            return self._of_machine()
        except NoAnswer as closed:
            log.info("the machine's metadata does not answer", extra={"why": str(closed)})
            private, macs = self._own()
            return self._of_interface([private], macs)

    def _of_interface(self, private: list[str], macs: set[str]) -> str:
        """Private addresses are unique in one network only: the hardware's address settles which interface is ours."""
        if not private:
            raise NoAnswer("the task has no private address yet")
        for found in self._describe(private):
            if str(found.get("MacAddress", "")).lower() in macs:
                return _public(str(found.get("Association", {}).get("PublicIp", "")), "the interface")
        raise NoAnswer(f"EC2 knows no interface of {', '.join(private)}")

    def _of_machine(self) -> str:
        headers = {"X-aws-ec2-metadata-token-ttl-seconds": _TOKEN_SEC}
        status, token = ask(f"{self._imds}/latest/api/token", method="PUT", headers=headers)
        if status != 200 or not token.isascii():
            raise NoAnswer(f"no metadata token: status {status}")
        said = {"X-aws-ec2-metadata-token": token.decode().strip()}
        status, address = ask(f"{self._imds}/latest/meta-data/public-ipv4", headers=said)
        if status != 200:
            raise NoAnswer(f"no public address in the metadata: status {status}")
        return _public(address.decode(errors="replace").strip(), "the machine")


def described_by_ec2(client: Any) -> DescribeInterfaces:
    """By boto3's EC2 client."""
    from botocore.exceptions import BotoCoreError, ClientError

    def describe(private: list[str]) -> list[Mapping[str, Any]]:
        wanted = [{"Name": "addresses.private-ip-address", "Values": private}]
        try:
            return client.describe_network_interfaces(Filters=wanted)["NetworkInterfaces"]
        except (BotoCoreError, ClientError) as error:
            raise NoAnswer(f"EC2 does not say: {error}") from error

    return describe


def _networks(container: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    found = container.get("Networks")
    listed: Iterable[Any] = cast("list[Any]", found) if isinstance(found, list) else []
    return [cast("Mapping[str, Any]", each) for each in listed if isinstance(each, dict)]


def _public(text: str, whose: str) -> str:
    """`text` if it is an address that a stranger can reach."""
    try:
        address = IPv4Address(text)
    except ValueError as error:
        raise NoAnswer(f"{whose} has no public address") from error
    if not address.is_global:
        raise NoAnswer(f"{whose} has no public address: {address} is private")
    return str(address)


def _own_addresses() -> tuple[str, set[str]]:
    """The private address that packets leave this network namespace with, and the hardware addresses in it."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        try:
            # A datagram socket sends nothing when it connects: it only chooses its way.
            probe.connect(("192.0.2.1", 9))
        except OSError as error:
            raise NoAnswer("there is no way out of here") from error
        private: str = probe.getsockname()[0]
    macs = {path.read_text().strip().lower() for path in Path("/sys/class/net").glob("*/address")}
    return private, macs
