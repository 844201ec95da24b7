"""Stand-ins shared by all tests: one of each kind."""
