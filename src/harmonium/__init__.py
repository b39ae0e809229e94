"""The Deep Learning Tutorial's models as a fast, readable library and one command line, on JAX."""

__version__ = "0.1.0"
