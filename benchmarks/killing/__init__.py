"""The parts of the benchmark of kills: when to strike and whom, what lies in the database then, and whether anything was lost."""
