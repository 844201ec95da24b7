"""Operations: configuration, logs, processes, wiring, health."""
