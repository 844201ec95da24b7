"""The trader: one process that trades day after day, for weeks."""
