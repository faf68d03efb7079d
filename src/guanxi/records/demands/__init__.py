"""What a company demands of its records beyond their fields.

`field_rules`: fields that are required, read-only or visible on records that meet criteria. `gates`: what must be filled in before a
record comes to a stage. `duplicates`: which fields make records likely the same, and whether saving such a record warns or is refused.
`obeying` is what the write path asks, so that forms, lists, mass edits, uploads, board and API obey alike; `states` tells a form what holds for
what stands in it now. What the installation does by itself is not asked.
"""
