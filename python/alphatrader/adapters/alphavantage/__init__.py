"""Alpha Vantage: option chains, news sentiment, technical indicators, over HTTP.

Nothing is exported here: who only reads :mod:`~alphatrader.adapters.alphavantage.settings` need not load a HTTP client.
"""
