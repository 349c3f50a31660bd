"""What `month.py` is made of: a world whose time is set, services in it, and the verdict over their runs."""
