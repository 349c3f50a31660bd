"""Names to addresses: first a map given by settings, then the system's resolver within a time limit.

Every connection takes its addresses from here and nowhere else, so this is where addresses that nobody may be sent to are left out
(`crawlers.networks`): no request byte leaves for them, whatever name, number or redirect led there.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from ipaddress import IPv6Address as Ipv6
from ipaddress import ip_address
from typing import Any, cast
from urllib.parse import urlsplit

from twisted.internet.address import IPv4Address, IPv6Address
from twisted.internet.interfaces import IAddress, IHostnameResolver, IHostResolution, IResolutionReceiver
from zope.interface import implementer

from crawlers.networks import Network, parse_networks, refusal

REMEMBERED = 1_000
"""Refused names kept, so that a failed request can say why; older ones are forgotten."""


def mapped_address(resolve: Mapping[str, str], host: str, port: int) -> IPv4Address | IPv6Address | None:
    """The address that stands for `host` at `port`, None if the map does not know it.

    A key "host:port" goes before "host"; a value "ip:port" (or "[ip]:port") moves the connection to another port,
    so that an address without a port can lead to a server on an unprivileged one. Raises ValueError if a value is no address.
    """
    value = resolve.get(f"{host}:{port}") or resolve.get(host)
    if value is None:
        return None
    text, _, number = value.rpartition(":") if "]:" in value or value.count(":") == 1 else (value, "", "")
    address = ip_address(text.strip("[]"))
    kind = IPv6Address if isinstance(address, Ipv6) else IPv4Address
    return kind("TCP", str(address), int(number) if number else port)


class Guard:
    """The addresses of a name that may be connected to, and why the last names had none."""

    def __init__(self, allowed: Iterable[Network] = (), trusted: Iterable[str] = ()) -> None:
        """`trusted` are names whose addresses are not looked at: the operator's own proxy."""
        self._allowed = tuple(allowed)
        self._trusted = frozenset(trusted)
        self._refused: dict[str, str] = {}

    def admit(self, name: str, addresses: Sequence[IAddress]) -> list[IAddress]:
        """Those that may be connected to. A name with a public and a private address keeps the public one."""
        if name in self._trusted:
            return list(addresses)
        verdicts = [(address, refusal(cast("Any", address).host, self._allowed)) for address in addresses]
        admitted = [address for address, words in verdicts if words is None]
        self._refused.pop(name, None)
        if verdicts and not admitted:
            address, words = verdicts[0]
            at = cast("Any", address).host
            self._refused[name] = f"{name} is {words}" if at == name else f"{name} is {at}, which is {words}"
            while len(self._refused) > REMEMBERED:
                self._refused.pop(next(iter(self._refused)))
        return admitted

    def why(self, name: str) -> str | None:
        """Why a name has no address that may be connected to; None if that was not the reason."""
        return self._refused.get(name)


@implementer(IHostResolution)
class Resolution:
    """One question about a name; its answer goes to the receiver once, in time or empty."""

    def __init__(self, name: str, receiver: Any) -> None:
        self.name = name
        self._receiver = receiver
        self._open = True
        receiver.resolutionBegan(self)

    def answer(self, addresses: Sequence[IAddress]) -> None:
        """Hand on the addresses, unless an answer was given before; none at all means that the name is unknown."""
        if not self._open:
            return
        self._open = False
        for address in addresses:
            self._receiver.addressResolved(address)
        self._receiver.resolutionComplete()

    def cancel(self) -> None:
        """Nobody waits any more."""
        self._open = False


@implementer(IResolutionReceiver)
class _Collector:
    """Collects what the system's resolver says, then gives what is admitted to the question it belongs to."""

    def __init__(self, question: Resolution, timer: Any, guard: Guard) -> None:
        self._question = question
        self._timer = timer
        self._guard = guard
        self._addresses: list[IAddress] = []

    def resolutionBegan(self, resolution: IHostResolution) -> None:  # noqa: N802 - the names are Twisted's
        pass

    def addressResolved(self, address: IAddress) -> None:  # noqa: N802
        self._addresses.append(address)

    def resolutionComplete(self) -> None:  # noqa: N802
        if self._timer.active():
            self._timer.cancel()
        self._question.answer(self._guard.admit(self._question.name, self._addresses))


@implementer(IHostnameResolver)
class MappedResolver:
    """Scrapy's TWISTED_DNS_RESOLVER: reads VEILLE_RESOLVE, VEILLE_ALLOW_NETWORKS, VEILLE_PROXY and DNS_TIMEOUT (seconds).

    What the map says is the operator's own word and is not looked at.
    """

    def __init__(self, reactor: Any, resolve: Mapping[str, str], timeout: float, guard: Guard | None = None) -> None:
        self._reactor = reactor
        self._resolve = resolve
        self._timeout = timeout
        self.guard = guard or Guard()
        self._system = reactor.nameResolver

    @classmethod
    def from_crawler(cls, crawler: Any, reactor: Any) -> MappedResolver:
        """Scrapy hands in its crawler process, of which only the settings count."""
        settings = crawler.settings
        proxy = urlsplit(settings.get("VEILLE_PROXY") or "").hostname
        guard = Guard(parse_networks(settings.getlist("VEILLE_ALLOW_NETWORKS")), [proxy] if proxy else [])
        return cls(reactor, settings.getdict("VEILLE_RESOLVE"), settings.getfloat("DNS_TIMEOUT"), guard)

    def install_on_reactor(self) -> None:
        """From now on every connection by name asks us."""
        self._reactor.installNameResolver(self)

    def resolveHostName(  # noqa: N802 - the name is Twisted's
        self,
        resolutionReceiver: Any,  # noqa: N803
        hostName: str,  # noqa: N803
        portNumber: int = 0,  # noqa: N803
        addressTypes: Sequence[type[IAddress]] | None = None,  # noqa: N803
        transportSemantics: str = "TCP",  # noqa: N803
    ) -> Resolution:
        """See IHostnameResolver. A name that takes longer than the limit counts as unknown."""
        question = Resolution(hostName, resolutionReceiver)
        address = mapped_address(self._resolve, hostName, portNumber)
        if address is not None:
            question.answer([cast("IAddress", address)])
            return question
        timer = self._reactor.callLater(self._timeout, question.answer, [])
        collector = _Collector(question, timer, self.guard)
        self._system.resolveHostName(collector, hostName, portNumber, addressTypes, transportSemantics)
        return question
