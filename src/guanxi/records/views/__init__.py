"""The generic screens of every registered object: list, board, detail, forms, bulk changes, uploads."""
