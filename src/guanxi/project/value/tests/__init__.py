"""Tests of what `guanxi value` computes."""
