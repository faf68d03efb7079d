"""Files become records: recognised, mapped, checked, imported in chunks that survive any crash, and taken back as a whole."""
