"""The forecast of sales. `computing` makes it in the process of the nightly run from the figures of revenue by month; `reading` lays the pipeline, people's own
forecasts and what came beside it; `judging` and `planning` keep what people say.
"""
