"""Speed against peers: both run in turn in one script."""
