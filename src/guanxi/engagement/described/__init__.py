"""Descriptions of this room's objects for the record engine, one module per noun; importing them registers."""
