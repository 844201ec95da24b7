"""Recorded days as markets: real prints, and real quotes and books where they were recorded."""
