"""The sub-commands that need torch, one module each with a click ``command``; help does without it."""
