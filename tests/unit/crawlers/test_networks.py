"""Addresses that nothing is ever fetched from, in every spelling, and the networks an operator may open."""

from __future__ import annotations

from ipaddress import IPv4Address, IPv6Address, ip_address

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crawlers.networks import literal, parse_networks, refusal
from db.errors import SettingError

PRIVATE = [
    *("127.0.0.1", "127.255.255.254", "0.0.0.0", "0.1.2.3", "10.0.0.1", "10.255.255.255", "172.16.0.1", "172.31.255.255"),
    *("192.168.0.1", "169.254.169.254", "100.64.0.1", "100.127.255.255", "192.0.0.1", "192.0.2.1", "198.18.0.1", "198.51.100.7"),
    *("203.0.113.9", "224.0.0.1", "239.255.255.255", "240.0.0.1", "255.255.255.255", "192.88.99.1"),
    *("::1", "::", "fe80::1", "fe80::1%eth0", "fc00::1", "fdff::1", "fec0::1", "ff02::1", "2001:db8::1", "3fff::1", "100::1", "4000::1"),
]
PUBLIC = ["1.1.1.1", "8.8.8.8", "172.15.255.255", "172.32.0.1", "100.63.255.255", "100.128.0.1", "11.0.0.1", "223.255.255.255"]
PUBLIC_V6 = ["2606:4700:4700::1111", "2a00:1450:4007::1", "2400:cb00::1", "2001:4860:4860::8888"]
EMBEDDED = [
    *("::ffff:127.0.0.1", "::ffff:10.0.0.1", "::ffff:8.8.8.8", "::127.0.0.1", "::7f00:1"),
    *("64:ff9b::7f00:1", "64:ff9b::a00:1", "64:ff9b:1::7f00:1", "2002:7f00:1::", "2002:a00:1::1", "2002:808:808::1"),
    *("2001:0:4136:e378:8000:63bf:80ff:fffe", "2606:4700::5efe:7f00:1", "2606:4700::200:5efe:a00:1"),
]


@pytest.mark.parametrize("address", PRIVATE)
def test_torture_40_private_addresses_are_refused(address: str):
    assert refusal(address)


@pytest.mark.parametrize("address", [*PUBLIC, *PUBLIC_V6, "64:ff9b::808:808"])
def test_torture_40_public_addresses_are_not(address: str):
    assert refusal(address) is None


@pytest.mark.parametrize("address", EMBEDDED)
def test_torture_41_an_ipv4_address_inside_an_ipv6_address_is_refused(address: str):
    assert refusal(address)


@pytest.mark.parametrize(
    ("host", "meant"),
    [
        ("2130706433", "127.0.0.1"),
        ("0x7f.1", "127.0.0.1"),
        ("0x7f000001", "127.0.0.1"),
        ("0177.0.0.1", "127.0.0.1"),
        ("127.1", "127.0.0.1"),
        ("10.1", "10.0.0.1"),
        ("[::1]", "::1"),
        ("[::ffff:7f00:1]", "::ffff:127.0.0.1"),
        ("8.8.8.8", "8.8.8.8"),
    ],
)
def test_torture_41_numbers_in_every_spelling_are_addresses(host: str, meant: str):
    assert literal(host) == ip_address(meant)


@pytest.mark.parametrize("host", ["paper.test", "www.10.example", "", "1.2.3.4.5", "127.0.0.1 x", "０.test", "a"])
def test_names_are_no_literals(host: str):
    assert literal(host) is None


@given(st.ip_addresses(v=4))
def test_whatever_python_calls_private_or_not_global_is_refused(address: IPv4Address):
    if address.is_private or address.is_multicast or address.is_reserved or address.is_loopback or address.is_link_local:
        assert refusal(address)


@given(st.ip_addresses(v=6))
def test_ipv6_likewise(address: IPv6Address):
    if address.is_private or address.is_multicast or address.is_loopback or address.is_link_local or address.is_site_local:
        assert refusal(address)


@given(st.ip_addresses(v=4))
def test_nat64_follows_the_verdict_over_the_address_inside(address: IPv4Address):
    assert refusal(IPv6Address(int(IPv6Address("64:ff9b::")) + int(address))) == refusal(address)


def test_an_operator_can_open_networks_and_only_those():
    allowed = parse_networks(["127.0.0.1", "10.1.0.0/16", "fd00::/8"])
    assert refusal("127.0.0.1", allowed) is refusal("10.1.2.3", allowed) is refusal("fd12::1", allowed) is None
    assert refusal("127.0.0.2", allowed)
    assert refusal("10.2.0.1", allowed)
    assert refusal("::ffff:10.1.2.3", allowed), "another spelling is another address"


def test_a_network_that_is_none_is_named():
    with pytest.raises(SettingError, match="allow_networks: 'intranet' is no network; write"):
        parse_networks(["intranet"])
