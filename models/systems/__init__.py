"""One module a system: its configuration, how its blocks are put together, and how it is trained and sampled."""
