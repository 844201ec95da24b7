"""The simulated exchange and account: orders, matching, families, fees, positions, and their state on disk."""
