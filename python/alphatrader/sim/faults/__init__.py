"""Faults on demand and by timeline: what real gateways do to their clients on bad days."""
