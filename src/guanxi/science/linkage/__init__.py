"""Probabilistic record linkage: which rows of a table are likely the same person or company.

`read_csv` or `table_from` makes a table, `find_duplicates` links it. The method is that of Fellegi and Sunter ("A theory for
record linkage", 1969) with weights estimated from the rows themselves; each module names what it follows.
"""

from guanxi.science.linkage.dedupe import Cluster, Result, find_duplicates
from guanxi.science.linkage.headers import role_of
from guanxi.science.linkage.table import Table, Unreadable, read_csv, table_from

__all__ = ["Cluster", "Result", "Table", "Unreadable", "find_duplicates", "read_csv", "role_of", "table_from"]
