"""The front door: the command, the Python API and the settings of veille."""

HOUSE = "veille"
