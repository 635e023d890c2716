"""Understanding deep learning requires rethinking generalization, reproduced end to end.

snakemake --cores 8 --resources gpu=4         everything in config.yaml
snakemake fig1a --cores 8 --resources gpu=4   one figure or table, with the runs that it needs
snakemake -n                                  what would be done, and why
snakemake --cores 2 --configfile config/demo.yaml    the demo
"""


include: "workflow/Snakefile"


# An included file has no default target of its own.
workflow.default_target = "all"
