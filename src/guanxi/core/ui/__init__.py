"""The interface kit: Jinja2 environment, formats, drawings, macros and the page that shows them."""
