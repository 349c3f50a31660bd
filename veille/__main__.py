"""`python -m veille`: the same as the command `veille`."""

from veille.cli import main

main()
