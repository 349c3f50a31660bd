"""Five invented newspapers served on loopback, with a clock that can be advanced and the truth beside every article."""
