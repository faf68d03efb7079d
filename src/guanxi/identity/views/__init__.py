"""Pages of identity, split by who uses them."""
