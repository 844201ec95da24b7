"""A journal as the first version's build left it: its tables, and payloads in the words that it wrote."""

import sqlite3
from pathlib import Path

from alphatrader.adapters.journal import schema

SESSION = "2026-11-30"
RUN_ID = "261130-154625ac"
OPEN_ID, CLOSED_ID, FLATTEN_ID = f"{RUN_ID}.2", f"{RUN_ID}.1", f"{RUN_ID}.3"
CON_ID = 1385151270
SENT_NS = 1796061431463370560
"""Of the first order of the trade that is open: 13:57 in New York."""
CLOSED_NS = 1796061124858048080

INTENT = (
    '{"type":"intent","intent":{"intent_id":"261130-154625ac.2","instrument_id":1009,"purpose":"open","tickets":['
    '{"order_id":4,"leg":"entry","side":"BUY","quantity":7,"order_type":"LMT","time_in_force":"DAY",'
    '"limit_price":"1.22","stop_price":null,"parent_id":0,"oca_group":""},'
    '{"order_id":5,"leg":"stop","side":"SELL","quantity":7,"order_type":"STP","time_in_force":"GTC",'
    '"limit_price":null,"stop_price":"0.90","parent_id":4,"oca_group":"261130-154625ac.2:oca"},'
    '{"order_id":6,"leg":"target","side":"SELL","quantity":7,"order_type":"LMT","time_in_force":"GTC",'
    '"limit_price":"1.70","stop_price":null,"parent_id":4,"oca_group":"261130-154625ac.2:oca"}],'
    '"created_ns":1796061431319298320,"deadline_ns":1796061470819298320,"signal_id":"261130-154625ac.s2",'
    '"strategy":"zero_dte","risk_usd":"233.80","premium_usd":"854.00","con_id":1385151270,'
    '"contract":{"symbol":"SPY","expiry":"20261130","strike":"648.0","right":"P","trading_class":"SPY"},'
    '"max_hold_s":180.0},"stage":"INTENDED","ts_ns":1796061431355282840,"reason":""}'
)
FLATTEN = (
    '{"type":"intent","intent":{"intent_id":"261130-154625ac.3","instrument_id":1009,"purpose":"close","tickets":['
    '{"order_id":7,"leg":"flatten","side":"SELL","quantity":7,"order_type":"LMT","time_in_force":"DAY",'
    '"limit_price":"1.02","stop_price":null,"parent_id":0,"oca_group":""}],"created_ns":1796061611929991340,'
    '"deadline_ns":1796061651429991340,"signal_id":"","strategy":"","risk_usd":"0","premium_usd":"0",'
    '"con_id":1385151270,"contract":{"symbol":"SPY","expiry":"20261130","strike":"648.0","right":"P",'
    '"trading_class":"SPY"},"max_hold_s":0.0},"stage":"SENT","ts_ns":1796061611929991340,"reason":""}'
)
SIGNAL = (
    '{"type":"signal","signal":{"signal_id":"261130-154625ac.s2","strategy":"zero_dte","symbol":"SPY",'
    '"direction":"bearish","contract":{"symbol":"SPY","expiry":"20261130","strike":"648.0","right":"P",'
    '"trading_class":"SPY"},"instrument_id":1009,"score":0.48313879769601703,"entry_limit":"1.22",'
    '"stop_price":"0.90","target_price":"1.70","bid":"1.19","ask":"1.21","spot":648.87,'
    '"created_ns":1796061431207079180,"expires_ns":1796061470707079180,"max_hold_s":180.0,'
    '"fingerprint":"37f6e385064cc845b33fd6e04ed8322e","reasons":[{"name":"momentum","value":-1.0,'
    '"contribution":-0.30000000000000004,"text":"60-s return -6.5 bp"}]},"accepted":true,"code":"accepted",'
    '"text":"7 contracts, risk 233.80 USD, premium 854.00 USD (bound by risk budget)",'
    '"ts_ns":1796061431319298320,"dedupe_until_ns":1796061731319298320}'
)
FILL = (
    '{"type":"fill","execution":{"exec_id":"0000a489.00000001.01.01","order_id":4,"perm_id":1000000004,'
    '"con_id":1385151270,"side":"BUY","quantity":7,"price":"1.22","ts_ns":1796061431000000000,'
    '"order_ref":"261130-154625ac.2:entry","client_id":1},"intent_id":"261130-154625ac.2"}'
)
COMMISSION = (
    '{"type":"commission","exec_id":"0000a489.00000001.01.01","commission":"4.8111","currency":"USD",'
    '"ts_ns":1796061432063966660}'
)
_ORDER = (
    '{"type":"order","order_id":%d,"perm_id":0,"intent_id":"261130-154625ac.2","leg":"%s","state":"%s","filled":0,'
    '"ts_ns":%d,"text":"sent"}'
)
_RUN = (
    '{"type":"run","run_id":"%s","epoch":1,"mode":"paper","build":"0.1.0+a78715bbf90a",'
    '"settings":"{\\"symbols\\":[\\"SPY\\"],\\"zero_dte\\":{\\"enabled\\":true,\\"max_hold_s\\":180.0}}","ts_ns":%d}'
)
_SUMMARY = (
    '{"type":"summary","run_id":"%s","clean":true,"summary":"{\\n  \\"run_id\\": \\"%s\\",\\n  \\"mode\\": \\"paper\\",'
    '\\n  \\"session_date\\": \\"%s\\",\\n  \\"clean\\": true\\n}","ts_ns":%d}'
)
_DAY_NS = 86_400_000_000_000
_CLEAN = (("2026-11-25", -5), ("2026-11-25", -5), ("2026-11-27", -3))
CLEAN_SESSIONS = 2


def write_journal(path: Path) -> None:
    """Write it: three clean runs on two days, then one that was killed with a trade closed and a trade open."""
    connection = schema.connect(path)
    schema.migrate(connection, 0, schema.MIGRATIONS[:1])
    connection.execute("INSERT INTO epochs VALUES (1, 'trader', 4274, ?), (2, 'trader', 4275, ?)", (SENT_NS, SENT_NS))
    rows: list[tuple[str, tuple[int | str, ...]]] = []
    for number, (date, day) in enumerate(_CLEAN):
        run_id, ts_ns = f"earlier-{number}", SENT_NS + day * _DAY_NS
        rows.append(("runs", (ts_ns, run_id, "paper", _RUN % (run_id, ts_ns))))
        rows.append(("summaries", (ts_ns, run_id, 1, _SUMMARY % (run_id, run_id, date, ts_ns))))
    rows.append(("runs", (SENT_NS, RUN_ID, "paper", _RUN % (RUN_ID, SENT_NS))))
    rows += (
        ("intents", (CLOSED_NS, CLOSED_ID, stage, 3, _intent(CLOSED_ID, stage, CLOSED_NS)))
        for stage in ("INTENDED", "SENT", "CLOSED")
    )
    rows.append(("signals", (
        1796061431319298320, f"{RUN_ID}.s2", "37f6e385064cc845b33fd6e04ed8322e", 1, 1796061731319298320, "accepted",
        SIGNAL,
    )))  # fmt: skip
    rows.append(("intents", (1796061431355282840, OPEN_ID, "INTENDED", 6, INTENT)))
    for order_id, leg in ((4, "entry"), (5, "stop"), (6, "target")):
        ts_ns = SENT_NS + order_id - 4
        rows.append(("orders", (ts_ns, order_id, 0, OPEN_ID, "SENT", _ORDER % (order_id, leg, "SENT", ts_ns))))
    rows.append(("intents", (SENT_NS, OPEN_ID, "SENT", 6, _intent(OPEN_ID, "SENT", SENT_NS))))
    rows.append(("fills", (
        1796061431000000000, "0000a489.00000001.01.01", "0000a489.00000001.01", 4, CON_ID, 7, OPEN_ID, FILL,
    )))  # fmt: skip
    rows.append(("commissions", (1796061432063966660, "0000a489.00000001.01.01", COMMISSION)))
    rows.append(("intents", (1796061611929991340, FLATTEN_ID, "SENT", 7, FLATTEN)))
    for seq, (table, columns) in enumerate(rows, start=1):
        _insert(connection, table, seq, columns)
    connection.close()


def _intent(intent_id: str, stage: str, ts_ns: int) -> str:
    text = INTENT.replace(OPEN_ID, intent_id).replace('"stage":"INTENDED"', f'"stage":"{stage}"')
    return text.replace('"ts_ns":1796061431355282840', f'"ts_ns":{ts_ns}')


def _insert(connection: sqlite3.Connection, table: str, seq: int, columns: tuple[int | str, ...]) -> None:
    *searched, payload = columns
    values = (seq, 1, *searched, str(payload).encode())
    connection.execute(f"INSERT INTO {table} VALUES ({', '.join('?' * len(values))})", values)
