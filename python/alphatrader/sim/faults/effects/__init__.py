"""What faults do to a running gateway: one file an area of :mod:`alphatrader.sim.faults.kinds`."""
