"""Write a user's NumPy file as arrays with manifests."""

from pathlib import Path

from pipeline.job import logged
from pipeline.prepared import save
from rethinking.datasets.arrays import DataError
from rethinking.datasets.npz import load_npz

with logged(snakemake.log[0]):
    spec = snakemake.params.job["spec"]
    entry = snakemake.config["datasets"][spec["dataset"]]
    dataset = load_npz(Path(entry["file"]).expanduser(), spec["value_range"])
    height, width = dataset.train_images.shape[1:3]
    if entry["crop"] > min(height, width):
        raise DataError(
            f"datasets.{spec['dataset']}.crop is {entry['crop']}, but the images in {entry['file']} are "
            f"{width}×{height} pixels; set it to at most {min(height, width)}"
        )
    save(dataset, snakemake.output, snakemake.params.job)
