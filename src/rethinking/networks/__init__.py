"""The networks of the paper's appendix A, one family a module.

A factory takes ``image_shape`` (C, H, W), ``classes`` and ``width`` and returns a ``torch.nn.Module``
from N×C×H×W float images to N×classes logits. ``width`` multiplies every hidden width.
This file imports nothing, so that an edit of one network does not touch the runs of another.
"""
