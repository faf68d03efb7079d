"""The public API, version 1: every registered object over HTTP, with the permissions of the screens.

    entry       one request from its first byte to its answer
    routes      which function serves which address
    reading     list, get, history, search     writing   create, update, delete, restore, bulk
    commands    actions on one record          people    users, teams, who am I
    files       files attached to records      openapi   the description of all this, from the registry

Functions here take a `Call` (see calls.py) and give an HttpResponse; what they refuse they raise as core.errors
or `Problem`, and entry turns both into problem documents (RFC 9457).
"""
