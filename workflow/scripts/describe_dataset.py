"""Write down the contents of the clean data set."""

from pipeline.execution.job import logged
from pipeline.storage.artefacts import load, read_result, write_result
from pipeline.storage.jobs import unfinished
from rethinking.datasets.description import class_counts, describe

with logged(snakemake.log[0]) as tell:
    for job in unfinished(snakemake.params.jobs, tell):
        spec, inputs = job["spec"], job["inputs"]
        images, labels = load(inputs["images"]), load(inputs["labels"])
        classes = [str(name) for name in labels["classes"]]
        parts = {part: (images[part], labels[part]) for part in ("train", "test")}
        if images["train"].ndim == 1:
            # Only paths are stored; reading the images for their pixels would take hours.
            described = {"classes": len(classes), "duplicates": None}
            moments = ("mean", "standard_deviation", "overall_mean", "overall_standard_deviation")
            for part, (paths, of_part) in parts.items():
                described[part] = {
                    "shape": [len(paths), None, None, 3],
                    "per_class": class_counts(of_part, classes),
                    "bytes": int(images[f"{part}_bytes"].sum()),
                    **dict.fromkeys(moments),
                }
        else:
            described = describe(parts["train"], parts["test"], classes)
        hashes = {
            f"{kind}/{name}": array["sha256"]
            for kind in ("images", "labels")
            for name, array in read_result(inputs[kind])["arrays"].items()
        }
        about = {key: spec[key] for key in ("title", "source", "origin", "licence")}
        if "download" in inputs:
            about["published"] = read_result(inputs["download"])["published"]
        write_result(job, {**about, **described, "array_sha256": hashes})
        sizes = " + ".join(f"{len(labels[part]):,}" for part in parts)
        print(f"{spec['title']}: {sizes} examples of {len(classes)} classes")
        for where, found in (described["duplicates"] or {}).items():
            if where != "examples":
                print(
                    f"equal images, {where}: {found['images']}, "
                    f"with another label: {found['with_another_label']}"
                )
