"""A certificate authority made for one run of the newsroom, and the certificate of its hosts."""

from __future__ import annotations

import ssl
from collections.abc import Sequence
from pathlib import Path

import trustme


def make_certificates(hosts: Sequence[str], ca_file: Path) -> ssl.SSLContext:
    """Write a new authority's certificate (PEM) to `ca_file` and return the server side of TLS for the hosts."""
    authority = trustme.CA()
    authority.cert_pem.write_to_path(str(ca_file))
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert(*hosts).configure_cert(context)
    return context
