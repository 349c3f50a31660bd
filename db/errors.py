"""The exceptions of the whole program, one tree, decided by type: what a caller may try again and what it may not.

VeilleError                 everything we raise on purpose; its message is meant for a person
├── Terminal                trying again cannot help
│   ├── SettingError        a flag, environment variable or veille.toml key is wrong
│   ├── SourceError         a source file is wrong (file, key, remedy)
│   ├── SurveyError         a site cannot become a source: it forbids us, or shows no article
│   ├── UnknownName         no source, article, page or run of that name
│   ├── QueryError          a search expression or filter cannot be understood
│   ├── SchemaError         the database belongs to another version of the program
│   └── ArchiveError        a page's bytes are not where its row says they are
└── Transient               the same call may succeed later
    ├── Unavailable         database unreachable, locked for too long, read-only or disk full
    └── LeaseLost           somebody else holds the work now; the late holder must not write
"""

from __future__ import annotations


class VeilleError(Exception):
    """Root of every error raised on purpose; `str(error)` is the message a person reads."""


class Terminal(VeilleError):
    """Trying again cannot help: something has to be changed by a person first."""


class Transient(VeilleError):
    """The same call may succeed later without anybody changing anything."""


class SettingError(Terminal):
    """A flag, environment variable or configuration key is wrong."""


class SourceError(Terminal):
    """A source file cannot be used; the message names file, key and remedy."""


class SurveyError(Terminal):
    """A site cannot become a source; the message says what was tried and what a person can do."""


class BackfillError(Terminal):
    """A backfill cannot be planned or steered; the message says what was tried and what a person can do."""


class UnknownName(Terminal):
    """No source, article, page or run of that name is known."""


class QueryError(Terminal):
    """A search expression or filter cannot be understood."""


class SchemaError(Terminal):
    """The database was made by another version of the program."""


class ArchiveError(Terminal):
    """The bytes of a page are not where its row says they are."""


class Unavailable(Transient):
    """The database cannot be reached, is locked, read-only, or its disk is full."""


class LeaseLost(Transient):
    """Another holder has taken over this piece of work: nothing of the late holder's may be written."""
