"""Ten lines of ib_insync that trade: against `alphatrader sim`, or against TWS (its paper port is the same)."""

from ib_insync import IB, MarketOrder, Option, Stock

ib = IB()
ib.connect("127.0.0.1", 7497, clientId=1)
[spy] = ib.qualifyContracts(Stock("SPY", "SMART", "USD"))
price = ib.reqTickers(spy)[0].marketPrice()
[chain] = [c for c in ib.reqSecDefOptParams("SPY", "", "STK", spy.conId) if c.exchange == "SMART"]
strike = min(chain.strikes, key=lambda strike: abs(strike - price))
[call] = ib.qualifyContracts(Option("SPY", min(chain.expirations), strike, "C", "SMART"))
trade = ib.placeOrder(call, MarketOrder("BUY", 2, tif="DAY"))
while not trade.isDone():
    ib.waitOnUpdate(timeout=1)
print(trade.orderStatus.status, trade.orderStatus.avgFillPrice, call.localSymbol)
ib.disconnect()
