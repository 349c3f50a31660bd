"""The digest by which the same text is known again, at another address or in another paper."""

from __future__ import annotations

from db.identity import text_digest


def fingerprint(text: str) -> str:
    """SHA-256 of the folded text, hexadecimal; the folding is identity's business (`db.identity`)."""
    return text_digest(text)
