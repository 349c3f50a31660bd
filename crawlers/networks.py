"""Which network addresses may be connected to: a pure verdict over one resolved address, standard library only.

Whoever connects asks here about the very address the connection will use (`crawlers.resolver`), so that no name, spelling or second
look-up leads past it.
"""

from __future__ import annotations

import socket
from collections.abc import Iterable
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network

from db.errors import SettingError

Address = IPv4Address | IPv6Address
Network = IPv4Network | IPv6Network

SPECIAL_V4: tuple[tuple[IPv4Network, str], ...] = tuple(
    (IPv4Network(network), words)
    for network, words in (
        ("0.0.0.0/8", "this network"),
        ("10.0.0.0/8", "private"),
        ("100.64.0.0/10", "shared by a provider (RFC 6598)"),
        ("127.0.0.0/8", "loopback"),
        ("169.254.0.0/16", "link-local"),
        ("172.16.0.0/12", "private"),
        ("192.0.0.0/24", "reserved"),
        ("192.0.2.0/24", "documentation"),
        ("192.88.99.0/24", "reserved"),
        ("192.168.0.0/16", "private"),
        ("198.18.0.0/15", "benchmarking"),
        ("198.51.100.0/24", "documentation"),
        ("203.0.113.0/24", "documentation"),
        ("224.0.0.0/4", "multicast"),
        ("240.0.0.0/4", "reserved"),
    )
)
"""What the IANA IPv4 Special-Purpose Address Registry (RFC 6890) does not call globally reachable, and multicast (RFC 5771)."""
PUBLIC_V6 = IPv6Network("2000::/3")
"""All that is assigned to the public (RFC 4291 §2.4); everything outside is loopback, local, multicast or unassigned."""
NAT64 = IPv6Network("64:ff9b::/96")
"""The prefix under which an IPv6-only network reaches the IPv4 hosts of everybody (RFC 6052)."""
SPECIAL_V6: tuple[tuple[IPv6Network, str], ...] = tuple(
    (IPv6Network(network), words)
    for network, words in (
        ("::1/128", "loopback"),
        ("::/128", "unspecified"),
        ("::ffff:0:0/96", "an IPv4 address in disguise"),
        ("::/96", "an IPv4 address in disguise"),
        ("64:ff9b:1::/48", "an IPv4 address in disguise"),
        ("2001::/32", "an IPv4 address in disguise (Teredo)"),
        ("2001::/23", "reserved"),
        ("2001:db8::/32", "documentation"),
        ("2002::/16", "an IPv4 address in disguise (6to4)"),
        ("3fff::/20", "documentation"),
        ("fc00::/7", "private"),
        ("fe80::/10", "link-local"),
        ("fec0::/10", "private"),
        ("ff00::/8", "multicast"),
    )
)
"""The IPv6 registry likewise; the more telling words stand first."""
ISATAP = {0x0000_5EFE, 0x0200_5EFE}
"""Upper half of an interface identifier that ends in an IPv4 address (RFC 5214 §6.1)."""


def refusal(address: Address | str, allowed: Iterable[Network] = ()) -> str | None:
    """Why an address is not connected to, in a word or two; None if it may be.

    `allowed` are networks that the operator named. Raises ValueError for a text that is no address.
    """
    at = ip_address(address)
    if any(at.version == network.version and at in network for network in allowed):
        return None
    if isinstance(at, IPv4Address):
        return next((words for network, words in SPECIAL_V4 if at in network), None)
    if at.scope_id is not None:
        return "link-local"
    if at in NAT64:
        return refusal(IPv4Address(int(at) & 0xFFFF_FFFF), allowed)
    words = next((words for network, words in SPECIAL_V6 if at in network), None)
    if words is None and int(at) >> 32 & 0xFFFF_FFFF in ISATAP:
        words = "an IPv4 address in disguise (ISATAP)"
    return words or (None if at in PUBLIC_V6 else "reserved")


def literal(host: str) -> Address | None:
    """The address that a host written in numbers means to the system (`127.1`, `0x7f.1`, `2130706433`, `[::1]`); None for a name."""
    text = host.strip("[]")
    try:
        return ip_address(text)
    except ValueError:
        pass
    try:
        return IPv4Address(socket.inet_aton(text)) if text.isascii() and " " not in text else None
    except OSError:
        return None


def parse_networks(texts: Iterable[str]) -> tuple[Network, ...]:
    """Networks such as `10.1.0.0/16`, `192.168.1.7` or `fd00::/8`. Raises SettingError naming the one that is none."""
    found = []
    for text in texts:
        try:
            found.append(ip_network(text.strip(), strict=False))
        except ValueError as error:
            raise SettingError(f"allow_networks: {text!r} is no network; write 10.1.0.0/16, 127.0.0.1 or fd00::/8") from error
    return tuple(found)
