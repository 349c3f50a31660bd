"""Loads what the first page would: imported once, where `nursery` forks its children from."""

from pipeline.reading import warm

warm()
