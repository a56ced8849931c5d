"""Which addresses are public, in every wrapping and spelling."""

from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address

import pytest
from hypothesis import given
from hypothesis import strategies as st

from parley.domain.addresses import is_metadata, is_public, read_literal

# Written down a second time on purpose: a slip in the table under test must not repeat itself here.
NEVER = ["10.0.0.0/8", "127.0.0.0/8", "169.254.0.0/16", "172.16.0.0/12", "192.168.0.0/16", "100.64.0.0/10", "0.0.0.0/8"]
NEVER += ["224.0.0.0/4", "240.0.0.0/4", "192.0.2.0/24", "198.51.100.0/24", "203.0.113.0/24", "198.18.0.0/15"]
NEVER += ["192.0.0.0/24", "192.88.99.0/24"]

closed_v4 = st.one_of(
    st.sampled_from(NEVER).flatmap(
        lambda text: st.integers(0, IPv4Network(text).num_addresses - 1).map(lambda n: IPv4Network(text)[n])
    ),
    st.ip_addresses(v=4).filter(lambda address: not address.is_global),
)

WRAPPINGS = {
    "mapped": lambda v4, _: (0xFFFF << 32) | v4,
    "compatible": lambda v4, _: v4,
    "translated": lambda v4, _: (0xFFFF << 48) | v4,
    "6to4": lambda v4, rest: (0x2002 << 112) | (v4 << 80) | rest,
    "teredo client": lambda v4, rest: (0x20010000 << 96) | (rest << 32) | (v4 ^ 0xFFFFFFFF),
    "teredo server": lambda v4, rest: (0x20010000 << 96) | (v4 << 64) | (rest & (2**64 - 1)),
    "nat64": lambda v4, _: (0x0064FF9B << 96) | v4,
    "local nat64 /96": lambda v4, rest: (0x0064FF9B0001 << 80) | ((rest & 0xFFFF) << 64) | v4,
    "local nat64 /48": lambda v4, _: (0x0064FF9B0001 << 80) | ((v4 >> 16) << 64) | ((v4 & 0xFFFF) << 40),
    "isatap": lambda v4, rest: (0x2600 << 112) | ((rest & 0xFFFF) << 64) | (0x5EFE << 32) | v4,
    "isatap, universal bit": lambda v4, rest: (0x2600 << 112) | ((rest & 0xFFFF) << 64) | (0x02005EFE << 32) | v4,
}


@given(closed_v4)
def test_an_ipv4_address_that_is_not_global_is_refused(address: IPv4Address) -> None:
    assert not is_public(address)


@given(closed_v4, st.sampled_from(sorted(WRAPPINGS)), st.integers(0, 2**64 - 1))
def test_an_ipv6_address_that_carries_a_non_global_ipv4_address_is_refused(
    v4: IPv4Address, form: str, rest: int
) -> None:
    assert not is_public(IPv6Address(WRAPPINGS[form](int(v4), rest)))


@given(st.ip_addresses())
def test_nothing_the_standard_library_calls_private_or_multicast_is_public(address: IPv4Address | IPv6Address) -> None:
    carries_ipv4 = address in IPv6Network("::ffff:0:0/96") or address in IPv6Network("64:ff9b::/96")
    if not carries_ipv4 and (not address.is_global or address.is_multicast):
        assert not is_public(address)


SPECIAL = """
:: ::1 fe80::1 fe80::1%eth0 fc00::1 fd00:ec2::254 fec0::1 ff02::1 100::1 2001:db8::1 2001::1 2001:20::1 3fff::1 5f00::1
2002:a9fe:a9fe::1 64:ff9b::a9fe:a9fe 64:ff9b:1::a9fe:a9fe ::127.0.0.1 ::ffff:127.0.0.1 ::ffff:0:127.0.0.1
2600::5efe:10.0.0.1 2606:4700::1111%1 224.0.0.1 255.255.255.255 0.0.0.0 169.254.170.2 168.63.129.16 100.100.100.200
"""
ORDINARY = """
8.8.8.8 93.184.216.34 172.15.255.255 172.32.0.1 100.63.255.255 192.167.1.1 2606:4700::1111 2a00:1450:4001:80e::200e
::ffff:8.8.8.8 64:ff9b::8.8.8.8 2600::5efe:8.8.8.8
"""


@pytest.mark.parametrize("text", SPECIAL.split())
def test_an_address_of_special_purpose_is_refused(text: str) -> None:
    assert not is_public(ip_address(text))


@pytest.mark.parametrize("text", ORDINARY.split())
def test_an_ordinary_address_is_public(text: str) -> None:
    assert is_public(ip_address(text))


@pytest.mark.parametrize(
    "text",
    ["169.254.169.254", "169.254.170.2", "fd00:ec2::254", "fe80::1%2", "::ffff:169.254.169.254", "64:ff9b::a9fe:a9fe"],
)
def test_metadata_is_known_in_each_form(text: str) -> None:
    assert is_metadata(ip_address(text))


@pytest.mark.parametrize("text", ["127.0.0.1", "::1", "192.168.1.2", "8.8.8.8", "fd12::1"])
def test_an_address_of_a_developers_network_is_not_metadata(text: str) -> None:
    assert not is_metadata(ip_address(text))


@given(
    st.ip_addresses(v=4),
    st.integers(1, 4),
    st.lists(st.sampled_from(["{}", "0{:o}", "0x{:x}"]), min_size=4, max_size=4),
)
def test_every_spelling_of_an_ipv4_address_is_read_as_that_address(
    address: IPv4Address, count: int, forms: list[str]
) -> None:
    number = int(address)
    heads = [(number >> (24 - 8 * place)) & 255 for place in range(count - 1)]
    tail = number & (256 ** (5 - count) - 1)
    text = ".".join(form.format(part) for form, part in zip(forms, [*heads, tail], strict=False))
    assert read_literal(text) == address


@pytest.mark.parametrize(
    "text", ["256.1.1.1", "1.2.3.4.5", "4294967296", "1.2.3.08", "a.b.1", "1.2.3.0xg.1", "1..1", ":::", "1::2::3"]
)
def test_a_host_that_ends_in_a_number_but_is_no_address_is_an_error(text: str) -> None:
    with pytest.raises(ValueError):
        read_literal(text)


@pytest.mark.parametrize("text", ["example.com", "1.example", "0x7f.example.com", "a", "deadbeef"])
def test_a_name_is_not_taken_for_an_address(text: str) -> None:
    assert read_literal(text) is None
