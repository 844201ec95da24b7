"""The control channel: JSON lines on loopback, for tests, the trader's clock, and scripted faults."""
