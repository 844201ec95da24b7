"""What the engine hears of the things that it stands on: link, account, store, journal, event log, event loop."""

from alphatrader.domain import events as ev
from alphatrader.engine.blotter import Blotter
from alphatrader.engine.commands import Command, Notify
from alphatrader.engine.poll_clock import PollClock
from alphatrader.engine.state import EngineState


class ServiceNews:
    """Takes the state of the services."""

    def __init__(self, state: EngineState, book: Blotter, polls: PollClock) -> None:
        self._state = state
        self._book = book
        self._polls = polls

    def on_link(self, event: ev.LinkChanged) -> list[Command]:
        """The link to the broker is healthy or not; after a connect everything is reconciled."""
        link = self._state.link
        was_healthy, link.healthy, link.text = link.healthy, event.healthy, event.text
        link.orders_possible = event.healthy or event.orders_possible
        if not link.orders_possible:
            link.reconciled, link.reconcile_text = False, "the link was lost"
        if event.healthy:
            link.reconciled, link.reconcile_text = False, "reconciling after a connect"
            return [Notify("good", "broker.link_up", event.text), self._polls.on_connected(event.ts_ns)]
        return [Notify("warning", "broker.link_down", f"{event.text}: entries paused")] if was_healthy else []

    def on_next_order_id(self, event: ev.NextOrderId) -> list[Command]:
        """Never use an id below the broker's next one."""
        self._book.raise_order_id(event.order_id)
        return []

    def on_account(self, event: ev.AccountReported) -> list[Command]:
        """Keep the account's figures."""
        self._state.account = {**self._state.account, **event.values}
        self._state.account_ts_ns = event.ts_ns
        return []

    def on_store(self, event: ev.StoreChanged) -> list[Command]:
        """Redis came or went."""
        services = self._state.services
        changed, services.store_up, services.store_text = services.store_up != event.up, event.up, event.reason
        if not changed:
            return []
        if event.up:
            return [Notify("good", "redis.up", event.reason)]
        return [Notify("warning", "redis.down", event.reason)]

    def on_journal(self, event: ev.JournalChanged) -> list[Command]:
        """The journal can or cannot be written."""
        services = self._state.services
        services.journal_up, services.journal_text = event.up, event.reason
        if event.up:
            return [Notify("good", "journal.up", event.reason)]
        return [Notify("error", "journal.down", f"{event.reason}: entries paused, stops stay at the broker")]

    def on_recorder(self, event: ev.RecorderChanged) -> list[Command]:
        """The event log can or cannot be written."""
        services = self._state.services
        services.recorder_up, services.recorder_text = event.up, event.reason
        if event.up:
            return [Notify("good", "event-log.up", event.reason)]
        return [Notify("error", "event-log.down", f"{event.reason}: entries paused")]

    def on_lag(self, event: ev.RuntimeLag) -> list[Command]:
        """The event loop was blocked."""
        services, feeds = self._state.services, self._state.settings.feeds
        services.lag_ms = event.lag_ms
        hold_ns = int(feeds.loop_lag_hold_s * 1e9 * self._state.time_scale)
        fresh = event.ts_ns >= services.lag_until_ns
        services.lag_until_ns = event.ts_ns + hold_ns
        text = f"the event loop was blocked for {event.lag_ms:.0f} ms: entries pause for {feeds.loop_lag_hold_s:.0f} s"
        return [Notify("warning", "loop.lag", text)] if fresh else []
