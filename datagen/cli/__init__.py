"""The sub-commands, one module each; a module's ``command`` is imported when it is called."""
