"""Spending well: who gets which offer on which channel within a budget, so that it brings most.

limits      what a plan may hold, checked
saving      plans as people make, compute, apply and end them
computing   the allocation itself; only the process of analytics imports it
applying    the planned offers proposed, one by one, through the one gate
reading     plans and their figures for pages, and the prices of channels for the next best action
saying      why a plan could not be kept, in words
api         the same for programs
"""
