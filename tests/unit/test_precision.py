"""Which precision is chosen where, and that float32 is not rounded in the block that says so."""

import contextlib

import pytest
import torch

from rethinking.precision import choose, ieee_float32

GPU = torch.device("cuda", 1)
CPU = torch.device("cpu")


@pytest.mark.parametrize(
    ("capability", "expected", "why"),
    [
        ((7, 5), torch.float32, "has no bfloat16"),
        ((8, 0), torch.bfloat16, "has it"),
        ((9, 0), torch.bfloat16, "has it"),
    ],
)
def test_a_gpu_multiplies_bfloat16_if_the_device_asked_about_has_it(monkeypatch, capability, expected, why):
    devices = []
    monkeypatch.setattr(torch.cuda, "get_device_name", lambda device: "this GPU")
    monkeypatch.setattr(torch.cuda, "get_device_capability", lambda d: (devices.append(d), capability)[1])
    assert choose("auto", GPU) == (expected, f"this GPU {why}")
    assert devices == [GPU]


@pytest.mark.parametrize(
    ("capabilities", "expected"),
    [({}, torch.float32), ({"amx_bf16": True}, torch.bfloat16), ({"avx512_bf16": False}, torch.float32)],
)
def test_a_cpu_multiplies_bfloat16_if_it_has_instructions_for_it(monkeypatch, capabilities, expected):
    monkeypatch.setattr(torch.cpu, "get_capabilities", lambda: capabilities)
    assert choose("auto", CPU)[0] == expected


def test_what_is_configured_is_taken_and_what_is_unknown_refused():
    assert choose("float32", GPU) == (torch.float32, "as configured")
    assert choose("bfloat16", CPU) == (torch.bfloat16, "as configured")
    with pytest.raises(ValueError, match="precision is 'half'; expected one of auto, float32, bfloat16"):
        choose("half", CPU)


@pytest.mark.parametrize("before", ["tf32", "ieee"])
def test_float32_is_set_in_the_block_alone_also_after_an_error(before):
    products = torch.backends.cudnn.conv, torch.backends.cudnn.rnn, torch.backends.cuda.matmul
    found = [product.fp32_precision for product in products]
    try:
        for product in products:
            product.fp32_precision = before
        for error in (None, KeyError):
            with contextlib.suppress(KeyError), ieee_float32():
                inside = [product.fp32_precision for product in products]
                if error is not None:
                    raise error
            assert inside == ["ieee"] * 3
            assert [product.fp32_precision for product in products] == [before] * 3
    finally:
        for product, precision in zip(products, found, strict=True):
            product.fp32_precision = precision
