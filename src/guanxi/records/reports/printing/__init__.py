"""Reports on paper: the chart as a drawing, the document as PDF.

scales     round values for an axis
drawing    a chart as SVG: the same data as on the screen
document   reports with figures, chart and table, one or a whole dashboard, as PDF
"""
