"""The clients that make the load, each in a process of its own: they know the public API and nothing else."""
