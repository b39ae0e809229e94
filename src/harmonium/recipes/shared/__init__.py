"""What several chapters have in common."""
