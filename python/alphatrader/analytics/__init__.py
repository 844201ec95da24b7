"""Analytics: what the numbers of the Rust core mean for a decision."""
