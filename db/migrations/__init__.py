"""The steps by which a database reaches the schema of `db.models`, and the revision this code expects to find."""

HEAD = "0005"
"""The newest revision: known here so that an up-to-date database opens without loading Alembic."""
