"""The sub-commands, one module each with ``configure`` and ``command``; a module is imported when it is called."""
