"""The networks of the paper's appendix A, one family a module.

A factory takes ``image_shape`` (C, H, W), ``classes`` and ``width`` and returns a ``torch.nn.Module``
from N×C×H×W float images to N×classes logits. ``width`` multiplies every hidden width. On a GPU a step
of training is recorded once as a CUDA graph and replayed, so a forward pass does the same operations
whatever the values are, and does not wait for the device.
This file imports nothing, so that an edit of one network does not touch the runs of another.
"""
