"""The part of the workflow that is ordinary Python: what runs exist, what made them, how they are kept.

``configuration``, ``digest`` and ``plan`` are imported while the Snakefile is parsed and therefore
import nothing heavy; ``artefacts`` and ``job`` are imported by the scripts.
"""
