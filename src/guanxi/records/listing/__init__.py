"""How a list is drawn beyond its columns: grouped with subtotals, dense or wide, with rows coloured by criteria.

options     what a view keeps of it, cleaned
grouping    the groups of a list with their subtotals in the company's currency
colouring   which colour the rows of a page have
"""

from guanxi.records.listing.colouring import row_tones
from guanxi.records.listing.grouping import Group, groupable_fields, list_groups
from guanxi.records.listing.options import DENSITIES, TONES, Colour, ViewOptions, clean_options, read_options

__all__ = [
    "DENSITIES",
    "TONES",
    "Colour",
    "Group",
    "ViewOptions",
    "clean_options",
    "groupable_fields",
    "list_groups",
    "read_options",
    "row_tones",
]
