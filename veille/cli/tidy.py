"""placeholder"""

from veille.cli.group import single

app = single()
