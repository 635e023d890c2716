"""Data sets as arrays, wherever they come from: one module a source."""
