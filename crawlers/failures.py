"""Why a request brought no answer, told from the exception, and which failures are worth another try."""

from __future__ import annotations

from OpenSSL.SSL import Error as TlsError
from scrapy.exceptions import (
    CannotResolveHostError,
    DownloadCancelledError,
    DownloadConnectionRefusedError,
    DownloadFailedError,
    DownloadTimeoutError,
    NotSupported,
    ResponseDataLossError,
    UnsupportedURLSchemeError,
)
from service_identity import VerificationError
from twisted.internet.error import ConnectError, ConnectionClosed, DNSLookupError
from twisted.web.client import ResponseFailed

from crawlers.address_check import AddressRefused
from crawlers.compression import BrokenEncoding, TooLarge
from crawlers.download import HeadTooLarge
from db.vocabulary import FailureClass

BY_EXCEPTION: tuple[tuple[type[BaseException], FailureClass], ...] = (
    (AddressRefused, FailureClass.REFUSED),
    (CannotResolveHostError, FailureClass.DNS),
    (DNSLookupError, FailureClass.DNS),
    (DownloadTimeoutError, FailureClass.TIMEOUT),
    (DownloadConnectionRefusedError, FailureClass.CONNECT),
    (DownloadCancelledError, FailureClass.TOO_LARGE),  # Scrapy cancels when the size limit is passed
    (TooLarge, FailureClass.TOO_LARGE),
    (BrokenEncoding, FailureClass.DECODE),
    (ResponseDataLossError, FailureClass.DECODE),
    (TlsError, FailureClass.TLS),
    (VerificationError, FailureClass.TLS),
    (UnsupportedURLSchemeError, FailureClass.REFUSED),
    (NotSupported, FailureClass.REFUSED),
    (ConnectError, FailureClass.CONNECT),
    (ConnectionClosed, FailureClass.CONNECT),
)


def failure_class(error: BaseException) -> FailureClass:
    """The class of a download's exception; OTHER for what nobody foresaw."""
    if isinstance(error, (DownloadFailedError, ResponseFailed)):
        return _class_of_cause(error)
    for kind, found in BY_EXCEPTION:
        if isinstance(error, kind):
            return found
    return FailureClass.OTHER


def is_expected(error: BaseException) -> bool:
    """Whether the network, not the program, is to blame."""
    return failure_class(error) is not FailureClass.OTHER


def _class_of_cause(error: BaseException) -> FailureClass:
    """A connection that broke before the answer was whole: by the handshake, by us, or by the other side."""
    failed = error if isinstance(error, ResponseFailed) else error.__cause__
    causes = [reason.value for reason in getattr(failed, "reasons", ())]
    if any(isinstance(cause, (TlsError, VerificationError)) for cause in causes):
        return FailureClass.TLS
    if any(isinstance(cause, HeadTooLarge) for cause in causes):
        return FailureClass.TOO_LARGE
    return FailureClass.CONNECT
