"""In which precision a network computes: float32, or bfloat16 where the hardware multiplies it natively."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import torch

PRECISIONS = ("auto", "float32", "bfloat16")
# Instructions that multiply bfloat16 matrices, as PyTorch names them.
CPU_UNITS = ("amx_bf16", "avx512_bf16")
# How a GPU multiplies float32 while a network trains or is evaluated; "tf32" would round factors to 10 bits.
FLOAT32_PRODUCTS = "ieee"


def choose(precision: str, device: torch.device) -> tuple[torch.dtype, str]:
    """The dtype in which to multiply on ``device``, and in words why.

    "auto" is bfloat16 on CPUs with matrix or dot-product instructions for it and on GPUs that have it,
    float32 elsewhere. Weights, gradients, sums and updates are float32 either way (autocast).
    Raises ``ValueError`` for an unknown precision.
    """
    if precision not in PRECISIONS:
        raise ValueError(f"precision is {precision!r}; expected one of {', '.join(PRECISIONS)}")
    if precision != "auto":
        return getattr(torch, precision), "as configured"
    if device.type == "cuda":
        name = torch.cuda.get_device_name(device)
        if torch.cuda.get_device_capability(device) >= (8, 0):  # Ampere and later
            return torch.bfloat16, f"{name} has it"
        return torch.float32, f"{name} has no bfloat16"
    found = [unit for unit in CPU_UNITS if torch.cpu.get_capabilities().get(unit)]
    if found:
        return torch.bfloat16, f"this CPU has {found[0]}"
    return torch.float32, f"this CPU has none of {', '.join(CPU_UNITS)}"


def autocast(device: torch.device, dtype: torch.dtype) -> torch.autocast:
    """The block in which products are of ``dtype``; nothing changes if that is float32.

    Cast weights are not kept from one product to the next, because a CUDA graph must not keep them.
    """
    return torch.autocast(device.type, dtype=dtype, enabled=dtype != torch.float32, cache_enabled=False)


@contextmanager
def ieee_float32() -> Iterator[None]:
    """Multiply float32 as float32 on a GPU inside the block (or the decorated function).

    PyTorch lets cuDNN's convolutions round their float32 factors to TF32 unless it is told otherwise, and
    its matrix products where a program asked for that. The earlier setting is restored afterwards.
    """
    backends: Any = torch.backends  # whose types know neither conv and rnn nor their precision
    products = backends.cudnn.conv, backends.cudnn.rnn, backends.cuda.matmul
    before = [product.fp32_precision for product in products]
    try:
        for product in products:
            product.fp32_precision = FLOAT32_PRODUCTS
        yield
    finally:
        for product, precision in zip(products, before, strict=True):
            product.fp32_precision = precision
