"""What the company knows by counting: warehouse, runs of the models, customer value, retention, satisfaction, forecasts, goals."""
