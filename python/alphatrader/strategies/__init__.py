"""Strategies: one file each, listed in :mod:`alphatrader.strategies.registry`."""
