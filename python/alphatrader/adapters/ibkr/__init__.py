"""Interactive Brokers over the TWS API, by ib_insync 0.9.86 or ib_async 2.1.0.

Nothing is exported here: who only reads :mod:`~alphatrader.adapters.ibkr.settings` need not load the adapter.
"""
