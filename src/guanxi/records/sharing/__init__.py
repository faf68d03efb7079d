"""Records opened to colleagues beyond the scope of their role: by rules with criteria, and by hand.

Whatever is shared becomes rows of `identity.Share` and bits of the record's `share_mask`; identity.permissions reads them. A rule's rows are made by
the writers of records (matching) from the moment it is there, and for older records by a job (filling). Until the job is done, and for rules that rows
cannot serve, the criteria are looked up in the records themselves: a rule is right at once, the rows only make it quick.

    matching   what rules say about records being written
    filling    the job that makes the rows of a rule, the nightly check
    rules      commands: make, change, delete a rule
    by_hand    commands: share one record, end it
    reading    who has what, in words
"""
