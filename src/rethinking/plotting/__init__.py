"""How results look: summaries in, figures and pages out. Nothing here computes a result."""
