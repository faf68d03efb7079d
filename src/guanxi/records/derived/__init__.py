"""Fields whose value follows from others: formulas over a record and what it links to, roll-ups over what links to it.

`definitions` checks what an administrator writes, `graph` knows all of a tenant's derived fields in the order in which they follow
from each other, `settling` brings them up to date in the transaction that changed an input, `rebuilding` does so for all records.
The values stand in `custom` and slots as those of every own field. They are no part of the history and do not move a record's
version: nobody wrote them.
"""
