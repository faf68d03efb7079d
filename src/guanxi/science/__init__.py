"""Models in NumPy, without Django and without a business word of the rooms: they take plain arrays and texts, and return the same."""
