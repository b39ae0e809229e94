"""One file a chapter.

Its settings, the phases of its training, and how its runs are scored, predicted, drawn, sampled.
"""
