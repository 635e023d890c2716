"""In which precision a network computes: float32, or bfloat16 where the hardware multiplies it natively."""

import torch

PRECISIONS = ("auto", "float32", "bfloat16")
# Instructions that multiply bfloat16 matrices, as PyTorch names them.
CPU_UNITS = ("amx_bf16", "avx512_bf16")


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
        if torch.cuda.is_bf16_supported(including_emulation=False):
            return torch.bfloat16, f"{name} has it"
        return torch.float32, f"{name} has no bfloat16"
    found = [unit for unit in CPU_UNITS if torch.cpu.get_capabilities().get(unit)]
    if found:
        return torch.bfloat16, f"this CPU has {found[0]}"
    return torch.float32, f"this CPU has none of {', '.join(CPU_UNITS)}"
