"""Objects that a tenant invents: made, changed, removed, brought back and purged without a restart and without a change of the database.

described  what the registry knows of them, for the running tenant
services   the commands of administrators
"""
