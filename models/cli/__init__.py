"""The sub-commands that need torch, one module each with ``configure`` and ``command``; help does without it."""
