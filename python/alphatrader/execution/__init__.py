"""Execution: order states, the ledger of fills, brackets, exits, reconciliation."""
