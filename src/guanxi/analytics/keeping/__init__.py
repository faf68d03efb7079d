"""Keeping customers: why one may leave in words, early warnings, what is expected, what to do at each stage.

Imports nothing that computes: pages, tasks and the process of analytics all say it with these words.
"""
