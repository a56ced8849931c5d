"""A worker in the cloud finds its own public address, by what a task or a machine is told, and by nothing less."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest

from renderer.link_local import NoAnswer, ask
from renderer.public_address import METADATA_VARIABLE, PublicAddress, described_by_ec2
from tests.moto_cloud import MotoCloud, moto_cloud
from tests.renderer.deployed.platform_server import (
    PlatformServer,
    broken_off,
    dripping,
    endless,
    never,
    not_http,
    platform_server,
)

PUBLIC = "52.95.110.1"
MAC = "0a:1b:2c:3d:4e:5f"
PRIVATE = "10.0.1.7"
CONTAINER = {"Name": "renderer", "Networks": [{"NetworkMode": "awsvpc", "IPv4Addresses": [PRIVATE], "MACAddress": MAC}]}


@pytest.fixture
def server() -> Iterator[PlatformServer]:
    with platform_server() as running:
        yield running


def interface(public: str | None = PUBLIC, mac: str = MAC) -> dict[str, Any]:
    found: dict[str, Any] = {"MacAddress": mac, "PrivateIpAddress": PRIVATE}
    return found if public is None else {**found, "Association": {"PublicIp": public}}


def finder(server: PlatformServer, *interfaces: dict[str, Any], task: bool = True, **more: Any) -> PublicAddress:
    environ = {METADATA_VARIABLE: f"{server.url}/v4/abc"} if task else {}
    more = {"pause": lambda _: None, "imds": server.url, **more}
    return PublicAddress(lambda _private: [*interfaces], environ, **more)


def machine(server: PlatformServer, address: bytes, status: int = 200) -> None:
    server.serves("/latest/api/token", b"a-token")

    def say(asked: Any) -> tuple[int, bytes]:
        return (status, address) if asked.headers.get("X-aws-ec2-metadata-token") == "a-token" else (401, b"")

    server.answers["/latest/meta-data/public-ipv4"] = say


def test_a_task_with_an_interface_of_its_own_has_that_ones_address(server: PlatformServer) -> None:
    server.serves("/v4/abc", CONTAINER)
    another = interface("52.95.110.9", mac="0a:00:00:00:00:01")
    assert finder(server, another, interface()).find() == PUBLIC


def test_ec2_itself_is_asked_for_the_interface() -> None:
    with moto_cloud() as cloud:
        private, mac, public = an_interface(cloud)
        (found,) = described_by_ec2(cloud.client("ec2"))([private])
        assert (found["MacAddress"], found["Association"]["PublicIp"]) == (mac, public)
        with pytest.raises(NoAnswer, match="EC2 does not say"):
            described_by_ec2(NoPermission())([private])


def an_interface(cloud: MotoCloud) -> tuple[str, str, str]:
    ec2 = cloud.client("ec2")
    subnet = ec2.describe_subnets()["Subnets"][0]["SubnetId"]
    made = ec2.create_network_interface(SubnetId=subnet)["NetworkInterface"]
    address = ec2.allocate_address(Domain="vpc")
    ec2.associate_address(AllocationId=address["AllocationId"], NetworkInterfaceId=made["NetworkInterfaceId"])
    return made["PrivateIpAddress"], made["MacAddress"], address["PublicIp"]


class NoPermission:
    def describe_network_interfaces(self, **_: Any) -> Any:
        from botocore.exceptions import ClientError

        raise ClientError({"Error": {"Code": "UnauthorizedOperation", "Message": ""}}, "DescribeNetworkInterfaces")


def test_a_task_on_the_machines_network_has_the_machines_address(server: PlatformServer) -> None:
    server.serves("/v4/abc", {"Networks": [{"NetworkMode": "host"}]})
    machine(server, PUBLIC.encode())
    assert finder(server).find() == PUBLIC
    (token, address) = [each for each in server.asked if each.path.startswith("/latest")]
    assert token.method == "PUT" and address.method == "GET"


def test_where_the_machines_metadata_is_closed_ec2_is_asked_for_our_own_interface(server: PlatformServer) -> None:
    server.serves("/v4/abc", {"Networks": [{"NetworkMode": "host"}]})
    server.serves("/latest/api/token", b"no", 403)
    own = finder(server, interface(), own=lambda: (PRIVATE, {MAC}))
    assert own.find() == PUBLIC


def test_an_address_that_comes_later_is_waited_for(server: PlatformServer) -> None:
    said = iter([(500, b""), (200, b"{}"), (200, b'{"Networks": []}')])
    machine(server, PUBLIC.encode())
    server.serves("/latest/meta-data/public-ipv4", b"", 404)

    def later(_: float) -> None:
        if not said_left:
            machine(server, PUBLIC.encode())

    said_left = list(said)
    server.answers["/v4/abc"] = lambda _: said_left.pop(0) if said_left else (200, b'{"Networks": null}')
    found = finder(server, pause=later, own=lambda: (PRIVATE, {MAC})).find()
    assert found == PUBLIC


@pytest.mark.parametrize("broken", [never, dripping, broken_off, not_http, endless])
def test_an_answer_that_is_slow_or_broken_is_none_and_holds_nobody_up(
    server: PlatformServer, broken: Callable[[Any], None]
) -> None:
    server.answers["/v4/abc"] = broken
    with pytest.raises(NoAnswer):
        ask(f"{server.url}/v4/abc", seconds=0.3)
    with pytest.raises(ValueError, match="TURN_ADDRESS"):
        finder(server).find(1)


@pytest.mark.parametrize(
    "container",
    [
        b"",
        b"[]",
        b"[" * 100_000,
        {"Networks": [{"NetworkMode": "awsvpc"}]},
        {"Networks": [{"NetworkMode": "awsvpc", "IPv4Addresses": "10.0.0.1", "MACAddress": MAC}]},
        {"Networks": [7, None, {"NetworkMode": "awsvpc", "IPv4Addresses": []}]},
    ],
)
def test_metadata_that_makes_no_sense_is_no_address(server: PlatformServer, container: Any) -> None:
    server.serves("/v4/abc", container)
    with pytest.raises(ValueError, match="no public IPv4"):
        finder(server, interface(), own=lambda: (PRIVATE, {MAC})).find(2)


@pytest.mark.parametrize("public", [None, "10.0.0.8", "127.0.0.1", "169.254.169.254", "nonsense", "2001:db8::1"])
def test_what_no_stranger_can_reach_is_no_public_address(server: PlatformServer, public: str | None) -> None:
    server.serves("/v4/abc", CONTAINER)
    with pytest.raises(ValueError, match="no public address"):
        finder(server, interface(public)).find(2)
    machine(server, (public or "").encode())
    with pytest.raises(ValueError, match="no public address"):
        finder(server, task=False, own=nowhere).find(2)


def nowhere() -> tuple[str, set[str]]:
    raise NoAnswer("no public address here either")


@pytest.mark.parametrize(
    "url", ["", "https://127.0.0.1/x", "file:///etc/passwd", "http://[::", "http://127.0.0.1:99999/"]
)
def test_what_is_no_http_address_is_not_asked(url: str) -> None:
    with pytest.raises(NoAnswer):
        ask(url, seconds=0.5)
