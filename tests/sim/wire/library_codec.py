"""What the client libraries put on the wire and read from it, without a socket."""

import importlib
import logging
from types import SimpleNamespace

from alphatrader.sim.wire.fields import split_fields

LIBRARIES = ("ib_insync", "ib_async")


class LibraryCodec:
    """The encoder and decoder of one library at one server version, unmodified."""

    def __init__(self, name, version=176):
        self.name = name
        self.library = importlib.import_module(name)
        client_module = importlib.import_module(f"{name}.client")
        decoder_module = importlib.import_module(f"{name}.decoder")
        logging.getLogger(f"{name}.Decoder").setLevel(logging.CRITICAL)
        self._sent = []
        self.client = client_module.Client(SimpleNamespace())
        self.client._serverVersion = version
        self.client.connState = client_module.Client.CONNECTED
        self.client.sendMsg = self._sent.append
        self._decoder_class = decoder_module.Decoder
        self._version = version

    def place(self, order_id, contract, order):
        """The fields of placeOrder as the library sends them."""
        self.client.placeOrder(order_id, contract, order)
        return split_fields(self._sent.pop().encode())

    def read(self, encoded):
        """What the library hands to its user for a message: name and arguments. Fails where it only would log."""
        called = []
        wrapper = _Recorder(called)
        decoder = self._decoder_class(wrapper, self._version)
        fields = split_fields(encoded[4:])
        decoder.handlers[int(fields[0])](fields)
        (call,) = called
        return call


class _Recorder:
    def __init__(self, called):
        self._called = called

    def __getattr__(self, name):
        return lambda *args: self._called.append((name, args))
