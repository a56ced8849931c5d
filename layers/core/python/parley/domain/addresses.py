"""Judge whether an IP address, in any of its spellings and wrappings, lies on the public internet.

The standard library's `is_global` alone is not enough: depending on the release of Python it calls multicast, 6to4,
NAT64 and IPv4-compatible forms of private addresses global. The tables here follow the IANA special-purpose registries
(RFC 6890 and its updates) and are the judgement; `is_global` is asked only as a second opinion.
"""

import re
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network

Address = IPv4Address | IPv6Address

_CLOSED_V4 = tuple(
    IPv4Network(network)
    for network in (
        "0.0.0.0/8",  # "this network"; Linux connects 0.0.0.0 to loopback
        "10.0.0.0/8",
        "100.64.0.0/10",  # carrier-grade NAT; Alibaba's metadata lies here
        "127.0.0.0/8",
        "168.63.129.16/32",  # Azure's host service: a public number, a private thing
        "169.254.0.0/16",  # link-local: instance metadata and ECS credentials
        "172.16.0.0/12",
        "192.0.0.0/24",
        "192.0.2.0/24",
        "192.88.99.0/24",  # 6to4 relays
        "192.168.0.0/16",
        "198.18.0.0/15",
        "198.51.100.0/24",
        "203.0.113.0/24",
        "224.0.0.0/4",
        "240.0.0.0/4",
    )
)
# Of IPv6 only global unicast is open: loopback, unspecified, ULA, link-local, site-local, multicast, discard-only and
# IPv4-compatible forms all lie outside it.
_OPEN_V6 = IPv6Network("2000::/3")
_CLOSED_V6 = tuple(
    IPv6Network(network)
    for network in (
        "2001::/23",  # IETF protocol assignments: Teredo, ORCHID, benchmarking
        "2001:db8::/32",
        "2002::/16",  # 6to4: a wrapped IPv4 address that nobody serves files from
        "3fff::/20",
    )
)
# Wrappings a network really translates: the address is as public as the IPv4 address inside.
_TRANSLATED_V6 = (IPv6Network("::ffff:0:0/96"), IPv6Network("64:ff9b::/96"))
_ISATAP = (0x0000_5EFE, 0x0200_5EFE)  # RFC 5214: third 32-bit word of the address

_METADATA = (
    IPv4Network("169.254.0.0/16"),
    IPv4Network("168.63.129.16/32"),
    IPv4Network("100.100.100.200/32"),
    IPv4Network("192.0.0.192/32"),
    IPv6Network("fe80::/10"),
    IPv6Network("fd00:ec2::/32"),
    IPv6Network("fd20:ce::/32"),
)

_IPV4_PART = re.compile(r"0[xX][0-9a-fA-F]*|[0-9]+")


def is_public(address: Address) -> bool:
    """Tell whether a fetch for a stranger may connect to `address`; every wrapping is judged by what it carries."""
    if isinstance(address, IPv4Address):
        return address.is_global and not any(address in network for network in _CLOSED_V4)
    if address.scope_id is not None:
        return False
    if any(address in network for network in _TRANSLATED_V6):
        return is_public(_low_bits(address))
    if address not in _OPEN_V6 or any(address in network for network in _CLOSED_V6):
        return False
    return address.is_global and (not _is_isatap(address) or is_public(_low_bits(address)))


def is_metadata(address: Address) -> bool:
    """Tell whether `address` is where clouds keep credentials: never fetched from, not even for a developer."""
    if isinstance(address, IPv6Address) and any(address in network for network in _TRANSLATED_V6):
        return is_metadata(_low_bits(address))
    return any(address in network for network in _METADATA if network.version == address.version)


def read_literal(host: str) -> Address | None:
    """Read `host` (ASCII, no brackets, no trailing dot) when it is an address rather than a name.

    IPv4 is read as inet_aton and browsers read it: one to four parts, each decimal, octal (0...) or hexadecimal
    (0x...), the last one filling what is left. Returns None for a name; raises ValueError for what is neither.
    """
    if ":" in host:
        return IPv6Address(host)
    parts = host.split(".")
    if not _IPV4_PART.fullmatch(parts[-1]):
        return None
    if len(parts) > 4 or not all(_IPV4_PART.fullmatch(part) for part in parts):
        raise ValueError("a host that ends in a number must be an IPv4 address")
    *heads, tail = [_read_number(part) for part in parts]
    if any(head > 255 for head in heads) or tail >= 256 ** (4 - len(heads)):
        raise ValueError("a part of the IPv4 address is too large")
    return IPv4Address(sum(head << (24 - 8 * place) for place, head in enumerate(heads)) + tail)


def _read_number(part: str) -> int:
    if part[:2].lower() == "0x":
        return int(part[2:] or "0", 16)
    return int(part, 8 if part.startswith("0") else 10)


def _low_bits(address: IPv6Address) -> IPv4Address:
    return IPv4Address(int(address) & 0xFFFF_FFFF)


def _is_isatap(address: IPv6Address) -> bool:
    return (int(address) >> 32) & 0xFFFF_FFFF in _ISATAP
