"""Bodies of option chains as Alpha Vantage sends them, small."""

_ROW = (
    '{{"contractID":"{symbol}{day}{letter}{strike:08d}","symbol":"{symbol}","expiration":"{date}",'
    '"strike":"{dollars}.00","type":"{kind}","last":"1.50","mark":"1.50","bid":"1.49","bid_size":"50","ask":"1.51",'
    '"ask_size":"50","volume":"900","open_interest":"{interest}","date":"{date}","implied_volatility":"0.16",'
    '"delta":"0.45","gamma":"0.05","theta":"-0.9","vega":"0.05","rho":"0.01"}}'
)


def chain_body(date: str, symbol: str = "SPY", centre: int = 650, calls: int = 1_000, puts: int = 4_000) -> bytes:
    """Eleven strikes of one expiry. With more puts than calls dealers are short gamma, so nothing is damped."""
    rows = [
        _ROW.format(
            symbol=symbol,
            day=date.replace("-", "")[2:],
            date=date,
            letter=kind[0].upper(),
            strike=dollars * 1_000,
            dollars=dollars,
            kind=kind,
            interest=interest,
        )
        for dollars in range(centre - 5, centre + 6)
        for kind, interest in (("call", calls), ("put", puts))
    ]
    return ('{"endpoint":"Realtime Options","message":"success","data":[' + ",".join(rows) + "]}").encode()
