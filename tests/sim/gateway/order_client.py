"""A client that places orders as a library writes them, and sees the answers as they stand on the wire."""

from tests.sim.gateway.raw_client import HELLO, HELLO_981, RawClient, fields
from tests.sim.wire.library_codec import LibraryCodec

ORDER_MESSAGES = frozenset({"3", "4", "5", "11", "59", "100", "101", "102", "53", "55"})
CODECS = {version: LibraryCodec("ib_async", version) for version in (157, 176)}


class OrderClient(RawClient):
    """Speaks of one call and of orders in it."""

    def __init__(self, bench, version=176):
        super().__init__(bench)
        self.version = version
        self.codec = CODECS[version]
        self.library = self.codec.library

    async def begin(self, client_id=50):
        """Connect."""
        assert await self.start(client_id, HELLO if self.version == 176 else HELLO_981) == self.version
        return self

    def option(self, **more):
        """The 650 call that expires today."""
        return self.library.Option("SPY", "20261116", 650, "C", "SMART", **more)

    def place(self, order_id, order, contract=None):
        """Send an order."""
        values = self.codec.place(order_id, contract or self.option(), order)
        self.send(fields(*values))

    def limit(self, side="BUY", quantity=1, price=1.5, **more):
        """A limit order, for the day."""
        return self.library.LimitOrder(side, quantity, price, **{"tif": "DAY", **more})

    def cancel(self, order_id):
        """Ask for an order's end."""
        self.ask(4, 1, order_id, *([""] if self.version == 176 else []))

    async def order_message(self):
        """The next message about orders."""
        while (found := await self.message())[0] not in ORDER_MESSAGES:
            pass
        return found

    async def story(self, count):
        """The next messages about orders, each as its kind and what it says."""
        return [tell(await self.order_message()) for _ in range(count)]

    async def story_until(self, last):
        """Messages about orders up to one."""
        told = []
        while not told or told[-1] != last:
            told.append(tell(await self.order_message()))
        return told

    async def silence(self):
        """What is said about orders before the next answer to a question about the time."""
        self.ask(49, 1)
        told = []
        while (found := await self.message())[0] != "49":
            if found[0] in ORDER_MESSAGES:
                told.append(tell(found))
        return told


def tell(message):
    """Name a message and what matters of it."""
    kind = message[0]
    if kind == "3":
        return ("status", message[2])
    if kind == "5":
        return ("open", next(word for word in message if word in STATUSES))
    if kind == "4":
        return ("error", int(message[3]))
    if kind == "101":
        return ("completed", next(word for word in message if word in STATUSES))
    return ({"11": "execution", "59": "commission", "100": "bound", "53": "end", "55": "end", "102": "end"}[kind],)


STATUSES = ("PendingSubmit", "PreSubmitted", "Submitted", "PendingCancel", "Cancelled", "Filled", "Inactive")
