"""Rules of a company's own: which records are refused, whatever the way by which they are written.

`checking` asks the database, in one statement for all records that a transaction wrote, after all that follows from them has
been calculated; so forms, mass edits, uploads, merging, undo and API obey alike, and a rule may read formulas and roll-ups. `services`
keeps the rules. What the installation does by itself is not asked.
"""
