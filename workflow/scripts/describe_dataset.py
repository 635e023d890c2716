"""Write down what the clean data set consists of."""

from pipeline import artefacts
from pipeline.job import logged
from rethinking.datasets.description import class_counts, describe

with logged(snakemake.log[0]):
    job = snakemake.params.job
    spec = job["spec"]
    images = artefacts.load(snakemake.input.images, spec["prepared"])
    labels = artefacts.load(snakemake.input.labels, spec["prepared"])
    classes = [str(name) for name in labels["classes"]]
    parts = {part: (images[part], labels[part]) for part in ("train", "test")}
    if images["train"].ndim == 1:
        # Only paths are stored; reading the images for their pixels would take hours.
        described = {"classes": len(classes), "duplicates": None}
        for part, (paths, of_part) in parts.items():
            described[part] = {
                "shape": [len(paths), None, None, 3],
                "per_class": class_counts(of_part, classes),
                "bytes": int(images[f"{part}_bytes"].sum()),
                **dict.fromkeys(("mean", "standard_deviation", "overall_mean", "overall_standard_deviation")),
            }
    else:
        described = describe(parts["train"], parts["test"], classes)
    hashes = {
        f"{kind}/{name}": array["sha256"]
        for kind, path in snakemake.input.items()
        if kind != "download"
        for name, array in artefacts.read_json(path)["arrays"].items()
    }
    about = {key: spec[key] for key in ("title", "source", "origin", "licence")}
    if snakemake.input.get("download"):
        about["files"] = artefacts.read_result(snakemake.input.download, spec["download"])["files"]
    artefacts.write_result(snakemake.output[0], {**about, **described, "array_sha256": hashes}, **job)
    sizes = " + ".join(f"{len(labels[part]):,}" for part in parts)
    print(f"{spec['title']}: {sizes} examples of {len(classes)} classes")
    for where, found in (described["duplicates"] or {}).items():
        if where != "examples":
            print(
                f"equal images, {where}: {found['images']}, with another label: {found['with_another_label']}"
            )
