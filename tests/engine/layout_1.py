"""What a build of layout 1 recorded, in its own words."""

SETTINGS = (
    '{"symbols":["SPY","QQQ"],"feeds":{"quote_max_age_ms":3000.0,"trade_max_age_ms":10000.0,'
    '"depth_max_age_ms":3000.0,"option_quote_max_age_ms":2500.0,"chain_max_age_s":60.0,'
    '"transport_allowance_ms":250.0,"resubscribe_every_ms":5000.0,"loop_lag_max_ms":100.0,"loop_lag_hold_s":2.0},'
    '"market":{"vpin_bucket_volume":10000,"vpin_window":50},'
    '"toxicity":{"vpin":0.7,"patterns":0.25,"imbalance_volatility":0.05},'
    '"zero_dte":{"enabled":true,"min_score":0.5,"flow_weight":0.35,"volume_weight":0.25,"momentum_weight":0.3,'
    '"book_weight":0.1,"momentum_scale_sigmas":1.0,"quiet_vpin_damping":0.9,"long_gamma_damping":0.85,'
    '"target_delta":0.45,"max_strikes_from_spot":4,"no_entry_first_s":900.0,"no_entry_last_s":2700.0,'
    '"max_hold_s":180.0,"stop_loss_fraction":0.25,"take_profit_fraction":0.4},'
    '"signals":{"dedupe_window_s":300.0,"valid_for_s":10.0,"claim_timeout_ms":1000.0,"max_spread_fraction":0.1,'
    '"max_spread_usd":"0.15","min_option_price":"0.20","min_quote_size":5},'
    '"risk":{"risk_budget_usd":"250","max_premium_usd":"2500","max_contracts":10,"max_open_positions":2,'
    '"max_daily_loss_usd":"1000","max_orders_per_minute":12,"max_orders_per_day":300,"max_consecutive_losses":6,'
    '"cooldown_s":60.0,"min_fees_per_contract_usd":"1.40"},'
    '"execution":{"entry_slippage_ticks":1,"entry_deadline_s":20.0,"send_deadline_s":10.0,'
    '"acknowledge_timeout_ms":5000.0,"absent_poll_spacing_ms":10000.0,"reconcile_every_ms":30000.0,'
    '"exit_reprice_s":3.0,"exit_slippage_ticks":2,"stop_check_ms":2000.0},'
    '"decisions":{"min_spacing_ms":100.0,"min_spacing_wall_ms":5.0,"max_idle_ms":250.0,"warmup_spacing_s":1.0},'
    '"max_option_lines":40}'
)
NOW_NS = 1_764_001_800_000_000_000
"""2025-11-24 11:30 New York."""
RUN_STARTED = (
    '{"type":"RunStarted","run_id":"251124-113000aa","mode":"paper","seed":7,"time_scale":1.0,"settings":%s,'
    '"build":"0.1.0+a78715bbf90a","session_date":"2025-11-24","session_open_ns":1763994600000000000,'
    '"session_close_ns":1764018000000000000,"ts_ns":1764001800000000000}'
)
CON_ID = 1_124_001_300
RESTORED = (
    '{"type":"JournalRestored","restored":{"trading_state":"ACTIVE","state_reason":"","max_order_id":6,"intents":['
    '{"intent":{"intent_id":"old.1","instrument_id":1009,"purpose":"open","tickets":['
    '{"order_id":4,"leg":"entry","side":"BUY","quantity":5,"order_type":"LMT","time_in_force":"DAY",'
    '"limit_price":"1.63","stop_price":null,"parent_id":0,"oca_group":""},'
    '{"order_id":5,"leg":"stop","side":"SELL","quantity":5,"order_type":"STP","time_in_force":"GTC",'
    '"limit_price":null,"stop_price":"1.21","parent_id":4,"oca_group":"old.1:oca"},'
    '{"order_id":6,"leg":"target","side":"SELL","quantity":5,"order_type":"LMT","time_in_force":"GTC",'
    '"limit_price":"2.27","stop_price":null,"parent_id":4,"oca_group":"old.1:oca"}],'
    '"created_ns":1764001680000000000,"deadline_ns":1764001690000000000,"signal_id":"old.s1",'
    '"strategy":"zero_dte","risk_usd":"217.00","premium_usd":"815.00","con_id":1124001300,'
    '"contract":{"symbol":"SPY","expiry":"20251124","strike":"650","right":"C","trading_class":"SPY"},'
    '"max_hold_s":180.0},"stage":"SENT"}],"executions":['
    '{"exec_id":"0000a489.00000001.01.01","order_id":4,"perm_id":9004,"con_id":1124001300,"side":"BUY","quantity":5,'
    '"price":"1.62","ts_ns":1764001681000000000,"order_ref":"old.1:entry","client_id":1},'
    '{"exec_id":"0000b111.00000001.01.01","order_id":1,"perm_id":77,"con_id":4711,"side":"BUY","quantity":3,'
    '"price":"9.00","ts_ns":1764001682000000000,"order_ref":"","client_id":0}],'
    '"commissions":[["0000a489.00000001.01.01","3.25"]],"fingerprints":[]},"ts_ns":1764001800000000000}'
)
