"""The processes of a run, in the order in which they start. They stop in the reverse order; the trader leads.

A new process is a :class:`~alphatrader.supervisor.child.Child` of its own and a line here.
"""

from alphatrader.home import Home
from alphatrader.ops.config_sections import AppConfig
from alphatrader.ops.console import Terminal
from alphatrader.ops.run_options import RunOptions, TraderOptions
from alphatrader.supervisor.child import Child
from alphatrader.supervisor.gateway import GatewayChild
from alphatrader.supervisor.page import PageChild
from alphatrader.supervisor.redis import RedisChild
from alphatrader.supervisor.trader import TraderChild


def children_of(
    config: AppConfig, options: RunOptions, trader: TraderOptions, home: Home, terminal: Terminal
) -> list[Child]:
    """Return what this run owns: what the operator runs himself (Redis, a real gateway) is left out."""
    given_url = config.redis.url.get_secret_value()
    redis_url = given_url or home.redis_url
    children: list[Child] = []
    if not given_url:
        children.append(RedisChild(home.redis, terminal))
    if config.gateway.kind == "simulated":
        children.append(GatewayChild(config, options, home, terminal))
    if config.dashboard.enabled and not options.headless:
        children.append(PageChild(config, home, redis_url, terminal))
    children.append(TraderChild(trader, home, redis_url))
    return children
