"""The tables of engagement, by noun."""
