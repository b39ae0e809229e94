"""What a user does with recipes and their runs; the command line and Python's verbs are written on it."""
