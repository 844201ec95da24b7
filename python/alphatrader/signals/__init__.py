"""Signals: features, guardrails, contract choice."""
