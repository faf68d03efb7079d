"""The one exception that ends a command with a clear line instead of a traceback."""


class Failure(Exception):
    """Something the person at the command line can mend; the message says what and how."""
