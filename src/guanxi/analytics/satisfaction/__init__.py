"""Satisfaction and loyalty: perceived less expected, how both go together per market, who stays without being content."""
