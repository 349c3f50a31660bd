"""Names to addresses: the map, the system, the time limit."""

from __future__ import annotations

import pytest
from twisted.internet.address import IPv4Address, IPv6Address
from twisted.internet.task import Clock

from crawlers.networks import parse_networks
from crawlers.resolver import Guard, MappedResolver, mapped_address


class Receiver:
    """Notes what it is told."""

    def __init__(self):
        self.addresses, self.began, self.complete = [], 0, 0

    def resolutionBegan(self, resolution):
        self.began += 1

    def addressResolved(self, address):
        self.addresses.append(address)

    def resolutionComplete(self):
        self.complete += 1


class System:
    """A system resolver that answers when it is told to."""

    def __init__(self):
        self.asked = []

    def resolveHostName(self, receiver, name, port, types, transport):
        self.asked.append((receiver, name, port))
        receiver.resolutionBegan(object())

    def answer(self, *addresses):
        receiver = self.asked[-1][0]
        for address in addresses:
            receiver.addressResolved(address)
        receiver.resolutionComplete()


@pytest.fixture
def reactor():
    clock = Clock()
    clock.nameResolver = System()
    return clock


@pytest.mark.parametrize(
    ("key", "value", "port", "expected"),
    [
        ("a.test", "127.0.0.1:8765", 80, IPv4Address("TCP", "127.0.0.1", 8765)),
        ("a.test", "127.0.0.1", 443, IPv4Address("TCP", "127.0.0.1", 443)),
        ("a.test:443", "127.0.0.1:8766", 443, IPv4Address("TCP", "127.0.0.1", 8766)),
        ("a.test:443", "127.0.0.1:8766", 80, None),
        ("a.test", "::1", 80, IPv6Address("TCP", "::1", 80)),
        ("a.test", "[::1]:8080", 80, IPv6Address("TCP", "::1", 8080)),
        ("b.test", "127.0.0.1", 80, None),
    ],
)
def test_the_map(key, value, port, expected):
    assert mapped_address({key: value}, "a.test", port) == expected


def test_a_name_with_its_port_goes_before_the_name():
    resolve = {"a.test": "127.0.0.1:1", "a.test:443": "127.0.0.1:2"}
    assert mapped_address(resolve, "a.test", 80).port == 1
    assert mapped_address(resolve, "a.test", 443).port == 2


def test_a_map_to_no_address_is_an_error():
    with pytest.raises(ValueError, match="nowhere"):
        mapped_address({"a.test": "nowhere:80"}, "a.test", 80)


def test_mapped_names_are_not_asked_of_the_system(reactor):
    receiver = Receiver()
    MappedResolver(reactor, {"a.test": "127.0.0.1:8765"}, 5).resolveHostName(receiver, "a.test", 80)
    assert receiver.addresses == [IPv4Address("TCP", "127.0.0.1", 8765)]
    assert (receiver.began, receiver.complete, reactor.nameResolver.asked) == (1, 1, [])


def test_other_names_are_asked_of_the_system(reactor):
    receiver = Receiver()
    MappedResolver(reactor, {}, 5).resolveHostName(receiver, "b.test", 80)
    reactor.nameResolver.answer(IPv4Address("TCP", "192.0.9.1", 80))
    assert receiver.addresses == [IPv4Address("TCP", "192.0.9.1", 80)]
    assert receiver.complete == 1
    assert reactor.getDelayedCalls() == [], "the limit is lifted"


def test_torture_1_a_name_that_takes_too_long_is_unknown_and_a_late_answer_is_ignored(reactor):
    receiver = Receiver()
    MappedResolver(reactor, {}, 5).resolveHostName(receiver, "b.test", 80)
    reactor.advance(5)
    assert (receiver.addresses, receiver.complete) == ([], 1)
    reactor.nameResolver.answer(IPv4Address("TCP", "192.0.9.1", 80))
    assert (receiver.addresses, receiver.complete) == ([], 1)


def test_a_cancelled_question_gets_no_answer(reactor):
    receiver = Receiver()
    question = MappedResolver(reactor, {}, 5).resolveHostName(receiver, "b.test", 80)
    question.cancel()
    reactor.nameResolver.answer(IPv4Address("TCP", "192.0.9.1", 80))
    assert (receiver.addresses, receiver.complete) == ([], 0)


# ---------------------------------------------------------------- addresses that nobody is sent to


def ask(resolver, reactor, name, *addresses):
    receiver = Receiver()
    resolver.resolveHostName(receiver, name, 80)
    reactor.nameResolver.answer(*(IPv4Address("TCP", each, 80) for each in addresses))
    assert receiver.complete == 1
    return [address.host for address in receiver.addresses]


@pytest.mark.parametrize("name", ["intranet.test", "127.0.0.1", "127.1", "0x7f.1", "2130706433"])
def test_torture_40_41_a_private_address_is_never_handed_on(reactor, name):
    resolver = MappedResolver(reactor, {}, 5)
    assert ask(resolver, reactor, name, "127.0.0.1") == []
    assert resolver.guard.why(name) == ("127.0.0.1 is loopback" if name == "127.0.0.1" else f"{name} is 127.0.0.1, which is loopback")


def test_torture_42_of_a_public_and_a_private_address_the_public_one_is_used(reactor):
    resolver = MappedResolver(reactor, {}, 5)
    assert ask(resolver, reactor, "two.test", "10.0.0.1", "9.9.9.9") == ["9.9.9.9"]
    assert resolver.guard.why("two.test") is None


def test_torture_42_a_name_that_is_rebound_is_refused_from_then_on(reactor):
    resolver = MappedResolver(reactor, {}, 5)
    assert ask(resolver, reactor, "rebound.test", "9.9.9.9") == ["9.9.9.9"]
    assert ask(resolver, reactor, "rebound.test", "169.254.169.254") == []
    assert "link-local" in resolver.guard.why("rebound.test")
    assert ask(resolver, reactor, "rebound.test", "9.9.9.9") == ["9.9.9.9"]
    assert resolver.guard.why("rebound.test") is None


def test_torture_25_an_ipv6_address_that_is_useless_leaves_the_ipv4_one(reactor):
    resolver, receiver = MappedResolver(reactor, {}, 5), Receiver()
    resolver.resolveHostName(receiver, "both.test", 80)
    reactor.nameResolver.answer(IPv6Address("TCP", "fe80::1", 80), IPv4Address("TCP", "9.9.9.9", 80))
    assert [address.host for address in receiver.addresses] == ["9.9.9.9"]


def test_an_unknown_name_is_not_a_refused_one(reactor):
    resolver = MappedResolver(reactor, {}, 5)
    assert ask(resolver, reactor, "nowhere.test") == []
    assert resolver.guard.why("nowhere.test") is None


def test_the_operator_opens_networks_and_trusts_its_proxy(reactor):
    resolver = MappedResolver(reactor, {}, 5, Guard(parse_networks(["10.1.0.0/16"]), ["proxy.test"]))
    assert ask(resolver, reactor, "archive.test", "10.1.2.3") == ["10.1.2.3"]
    assert ask(resolver, reactor, "other.test", "10.2.2.3") == []
    assert ask(resolver, reactor, "proxy.test", "10.2.2.3") == ["10.2.2.3"]


def test_only_the_latest_refusals_are_remembered():
    guard = Guard()
    for number in range(1_100):
        guard.admit(f"host{number}.test", [IPv4Address("TCP", "127.0.0.1", 80)])
    assert guard.why("host0.test") is None
    assert guard.why("host1099.test")
