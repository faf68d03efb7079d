"""Reports: figures over the records that a person may see.

definition   a report as JSON, read into typed values; everything wrong with it is said with its place
sources      which rows it counts and which fields they have: any object, or lines of one
fields       a path such as "account.region" as an expression, within what the role may read
periods      the span of days that a report covers, and the one before
compiling    one SQL statement: groups, pivot, subtotals, measures, the largest and the rest
running      the result: rows with labels and figures, shares, running totals, changes
drilling     the criteria of a figure: the list of the very records behind it
charts       how a result is drawn
ready        the library that rooms add to
saved        reports and dashboards that people keep
"""
