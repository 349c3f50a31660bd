"""The newspapers, one a module: their layouts, addresses and habits."""
