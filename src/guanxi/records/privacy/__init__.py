"""What is kept about a person: the report of it, its erasure, and rules for how long records are kept.

Every room tells through the port `PERSONAL_DATA` (declaring.py) what its tables hold about persons; report and erasure walk these
declarations, so a room writes no code of its own. A test walks all tables: a column that nobody declared fails it.
"""
