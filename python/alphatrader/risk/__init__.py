"""Risk: limits, the gate and the proof of its approval."""
