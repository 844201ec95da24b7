"""The single-writer engine, its view, the runner that connects it to the ports, and replay."""
