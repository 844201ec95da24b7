"""Redis: projection of the engine's view, bus, and atomic de-duplication. It holds nothing that can't be rebuilt.

``ensure_redis`` finds or starts the server, ``open_client`` connects, ``RedisSignalStore`` de-duplicates,
``StoreHealth`` watches and heals, ``Projection`` writes the view (many keys at once by a ``PipelinedWriter``),
``Monitoring`` holds counters and heartbeats.
"""

from alphatrader.adapters.redis.claims import RedisSignalStore
from alphatrader.adapters.redis.client import open_client
from alphatrader.adapters.redis.health import StoreHealth
from alphatrader.adapters.redis.monitoring import Monitoring
from alphatrader.adapters.redis.projection import Projection
from alphatrader.adapters.redis.server import RunningRedis, ensure_redis

__all__ = [
    "Monitoring",
    "Projection",
    "RedisSignalStore",
    "RunningRedis",
    "StoreHealth",
    "ensure_redis",
    "open_client",
]
