"""Commands of the analytical room, split by noun."""
