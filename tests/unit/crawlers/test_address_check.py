"""What every request passes on its way out, and what is said when an address is refused."""

from __future__ import annotations

import pytest
from scrapy.exceptions import CannotResolveHostError
from scrapy.http import Request
from twisted.internet.address import IPv4Address

from crawlers.address_check import AddressMiddleware, AddressRefused
from crawlers.failures import failure_class
from crawlers.networks import parse_networks
from crawlers.resolver import Guard
from db.vocabulary import FailureClass

PROXY = "http://user:word@proxy.test:3128"


@pytest.mark.parametrize("url", ["file:///etc/hostname", "ftp://a.test/x", "data:text/plain,x", "s3://bucket/key"])
def test_only_http_and_https_leave(url):
    with pytest.raises(AddressRefused, match="is not fetched, only http and https") as caught:
        AddressMiddleware(Guard()).process_request(Request(url))
    assert failure_class(caught.value) is FailureClass.REFUSED


@pytest.mark.parametrize("url", ["http://a.test/", "https://a.test/", "http://10.0.0.1/"])
def test_without_a_proxy_the_resolver_judges(url):
    request = Request(url)
    AddressMiddleware(Guard()).process_request(request)
    assert "proxy" not in request.meta


@pytest.mark.parametrize("host", ["127.0.0.1", "127.1", "0x7f.1", "2130706433", "[::1]", "[::ffff:10.0.0.1]", "169.254.169.254"])
def test_torture_41_a_private_address_in_numbers_is_not_asked_of_a_proxy(host):
    request = Request(f"http://{host}/")
    with pytest.raises(AddressRefused, match=", which is "):
        AddressMiddleware(Guard(), PROXY).process_request(request)
    assert "proxy" not in request.meta


@pytest.mark.parametrize("host", ["a.test", "93.184.216.34", "10.1.2.3"])
def test_names_public_numbers_and_open_networks_go_through_the_proxy(host):
    request = Request(f"http://{host}/")
    AddressMiddleware(Guard(), PROXY, parse_networks(["10.1.0.0/16"])).process_request(request)
    assert request.meta["proxy"] == PROXY


def test_a_name_whose_addresses_were_refused_is_no_unknown_name():
    guard = Guard()
    guard.admit("inside.test", [IPv4Address("TCP", "10.0.0.1", 80)])
    middleware = AddressMiddleware(guard)
    error = CannotResolveHostError("DNS lookup failed")
    with pytest.raises(AddressRefused, match=r"inside\.test is 10\.0\.0\.1, which is private") as caught:
        middleware.process_exception(Request("http://inside.test/x"), error)
    assert caught.value.__cause__ is error


def test_other_errors_stay_what_they_are():
    guard = Guard()
    guard.admit("inside.test", [IPv4Address("TCP", "10.0.0.1", 80)])
    middleware = AddressMiddleware(guard)
    middleware.process_exception(Request("http://unknown.test/"), CannotResolveHostError("DNS lookup failed"))
    middleware.process_exception(Request("http://inside.test/"), TimeoutError())
