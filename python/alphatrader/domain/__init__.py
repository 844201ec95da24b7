"""Values and their rules: contracts, events, orders, signals, journal records. No I/O, no clock."""
