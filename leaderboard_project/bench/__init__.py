"""The benchmark behind `manage.py bench`: throw-away servers, real load from separate processes, honest tables.

`installation` starts the product as `serve` does, `plain` is the way a good tutorial would go, `load` holds the
clients, and each file of `scenarios` asks one question.
"""
