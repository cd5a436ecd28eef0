"""A real PostgreSQL and a real Valkey from PyPI wheels, run as children under our own small supervisor.

Nothing in here knows Django: the servers must be up before its settings are read.
"""
