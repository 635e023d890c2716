"""The ordinary Python of the workflow. Snakemake starts jobs; this package says which results exist.

``planning`` answers which results a configuration asks for, where each lies and what makes it. It is imported
while the Snakefile is parsed, so it imports nothing heavy. ``storage`` answers whether a file on disk is the
result that was planned. ``execution`` answers with which device, from which state and with which log a job
runs. ``commands`` are the targets of the Makefile that look after finished results.

Each module opens with the guarantee that it gives and that Snakemake does not give.
"""
