"""One module per family of commands; each has COMMANDS, name → click command. Heavy imports inside functions."""
