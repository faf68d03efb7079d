"""How the fields of an object are arranged: tabs with sections on its page and in its form, and the few of a quick entry.

A layout is for one role, or for everybody without one of its own; without any, the object's own description holds. Fields that were made
after a layout stand at its end until somebody places them. Layouts arrange; what a role may see is decided by its rights alone.
"""
