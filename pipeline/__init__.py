"""What happens to a page and when: the reading steps, the workers that run them, the timetable, backfills."""

HOUSE = "veille"
