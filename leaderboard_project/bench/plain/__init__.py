"""The plain way to a live leaderboard, as a good tutorial would go it: what the product is measured against.

Django, DRF and Channels by the book, on daphne: one transaction for each request, the rank from a sorted set,
one member of a Channels group for each socket. It is nobody's dependency and serves nothing but the benchmark.
"""
