"""One module per family of commands, with COMMANDS: name → click command. Heavy imports inside functions."""
