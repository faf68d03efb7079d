"""Passwords of tests: the algorithm of production with the least effort, because argon2 takes its time by design."""

from django.contrib.auth.hashers import Argon2PasswordHasher


class QuickArgon2(Argon2PasswordHasher):
    """Argon2 in a thousandth of the time. Servers that tests start as processes of their own use the real one."""

    time_cost = 1
    memory_cost = 8
    parallelism = 1
