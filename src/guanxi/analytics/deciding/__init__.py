"""The next best action: which offer to propose to a customer, on which channel and when, by expected margin, with the reasons.

ranking    actions of one customer, at the moment of contact
worklist   whom to talk to next, over all customers that the actor sees
services   what a person makes of a proposed action
api        the same for programs
"""
