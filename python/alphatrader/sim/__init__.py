"""The simulated market and broker: a process of its own that speaks the real protocols. Never imports strategies."""
