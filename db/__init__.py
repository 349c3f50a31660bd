"""What is kept and how to ask for it: the lowest of the four packages, importing none of the others."""

HOUSE = "veille"
"""Mark by which the front door recognises this package from another distribution's `db`."""
