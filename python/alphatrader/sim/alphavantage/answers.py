"""The bodies with which the service refuses: all with HTTP status 200, as the real one does."""

import msgspec

_SUPPORT = "https://www.alphavantage.co/support/#api-key"
_DOCUMENTATION = "https://www.alphavantage.co/documentation/"
_PREMIUM = "https://www.alphavantage.co/premium/"


def encode(body: object) -> bytes:
    """Encode a body as JSON."""
    return msgspec.json.encode(body)


def bad_key() -> bytes:
    """No API key, or an empty one."""
    return _error(
        f"the parameter apikey is invalid or missing. Please claim your free API key on ({_SUPPORT}). "
        "It should take less than 20 seconds."
    )


def bad_function(function: str) -> bytes:
    """A function that the service does not have."""
    return _error(f"This API function ({function}) does not exist.")


def bad_call(function: str) -> bytes:
    """A parameter is missing or makes no sense, or the symbol is unknown."""
    return _error(f"Invalid API call. Please retry or visit the documentation ({_DOCUMENTATION}) for {function}.")


def bad_news_inputs() -> bytes:
    """The news function's own way to refuse its parameters."""
    text = f"Invalid inputs. Please refer to the API documentation {_DOCUMENTATION}#newsapi and try again."
    return encode({"Information": text})


def no_options(endpoint: str, symbol: str, date: str) -> bytes:
    """No chain for that symbol or day."""
    message = (
        f"No data for symbol {symbol} on date {date}. Please specify a valid combination of symbol and trading day."
    )
    return encode({"endpoint": endpoint, "message": message, "data": []})


def burst_limit() -> bytes:
    """Too many requests a second."""
    return encode(
        {
            "Information": "Thank you for using Alpha Vantage! Please consider spreading out your free API requests "
            "more sparingly (1 request per second). You may subscribe to any of the premium plans at "
            f"{_PREMIUM} to lift the free key rate limit (25 requests per day) and instantly remove all daily rate "
            "limits."
        }
    )


def premium_function() -> bytes:
    """A function that the key's plan does not hold."""
    return encode(
        {
            "Information": "Thank you for using Alpha Vantage! This is a premium endpoint. You may subscribe to any of "
            f"the premium plans at {_PREMIUM} to instantly unlock all premium endpoints"
        }
    )


def daily_limit(api_key: str) -> bytes:
    """Too many requests today. The real service repeats the key in clear, so this one does, too."""
    return encode(
        {
            "Information": f"We have detected your API key as {api_key} and our standard API rate limit is 25 requests "
            f"per day. Please subscribe to any of the premium plans at {_PREMIUM} to instantly remove all daily rate "
            "limits."
        }
    )


def placeholder() -> bytes:
    """The invented rows that a key without the options entitlement receives."""
    return encode(
        {
            "endpoint": "Realtime Options",
            "message": "This is a premium endpoint. ***THE SAMPLE DATA SCHEMA BELOW IS ARTIFICIAL AND FOR ILLUSTRATION "
            "PURPOSES ONLY***. To access the actual data, please subscribe to either the 600 requests per minute or "
            f"the 1200 requests per minute premium plan at {_PREMIUM} if you would like to access realtime US options "
            "data for personal non-professional use.",
            "data": [
                {
                    "contractID": "XXYYZZ999999C00020000",
                    "symbol": "XXYYZZ",
                    "expiration": "2099-99-99",
                    "strike": "20.00",
                    "type": "call",
                    "last": "100.00",
                    "bid": "100.05",
                    "ask": "100.15",
                    "volume": "100",
                    "open_interest": "100",
                }
            ],
        }
    )


def _error(message: str) -> bytes:
    return encode({"Error Message": message})
