"""The whole configuration of a company as one file: copied from a test company to the real one, kept under version control.

Each room registers its parts (`parts.CONFIGURATION`): what it has by natural key, and how one item is made, changed or removed by the services
that its settings pages call. References between items are written as "@part:key", so that no key of one company is in the file.
`comparing` says what a file would add, change and remove; `applying` does what was picked, all of it or nothing.
"""
