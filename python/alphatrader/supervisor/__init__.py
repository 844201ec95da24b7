"""The supervisor: owns the processes of a run, restarts what dies, and stops them in order."""
