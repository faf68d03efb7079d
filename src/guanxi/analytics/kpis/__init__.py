"""The catalogue of KPIs and their cubes.

`catalogue` says what each KPI is and whom it is shown to, `saving` keeps what the company decides about them, `formulas` reads those of its own. `cubes` (Ibis) and `filling`
compute the figures in the process of the nightly run only; pages and API read the table `Figure` by `reading`.
"""
