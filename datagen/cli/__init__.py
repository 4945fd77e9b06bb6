"""The sub-commands, one module each with a click ``command``; a module is imported when it is called."""
