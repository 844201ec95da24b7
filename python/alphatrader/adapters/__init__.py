"""Adapters: each directory plugs one outside system into the ports. They know their library; nothing else does."""
