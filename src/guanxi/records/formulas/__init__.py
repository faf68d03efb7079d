"""Formulas: a small, safe language over a record's fields and those of records it links to.

    if(blank(account.industry), "unknown", upper(account.industry)) & " " & text(round(amount * probability / 100, 2))

`syntax` reads the text, `checking` gives every part a type or an error with its place, `evaluating` gives the value for one
record in Python and `compiling` the same in SQL. What functions and operators mean stands once, side by side for both, in
`functions`. Every function is total: no value of a field makes a formula fail.
"""
