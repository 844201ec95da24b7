"""The TWS socket protocol at server version 176: frames, fields, requests and messages. No state, no I/O."""
