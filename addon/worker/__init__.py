"""The command line in another process: how it is started and followed, and its jobs in the sidebar."""
