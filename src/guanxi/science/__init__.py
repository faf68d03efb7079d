"""Models in NumPy and SciPy, without Django and without a business word of the rooms: they take plain arrays and texts, and return the same.

`buying` customers who come back without a contract · `contracts` those who renew or leave · `lifetime` Dwyer's models and
Markov migration · `survival` Kaplan–Meier, Cox, hazards · `linkage` records that are likely the same.
"""
