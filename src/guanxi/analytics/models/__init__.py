"""The tables of analytics, by noun."""
