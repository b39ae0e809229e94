"""The console on which everything shows its progress, so that bars within bars do not write over each other."""

from rich.console import Console

SCREEN = Console(stderr=True)  # the standard output holds results only
