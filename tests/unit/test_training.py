"""Training is the stated recipe: held against a plain loop with PyTorch's own optimiser."""

import gc
import math
import weakref
from dataclasses import replace

import pytest
import torch
import torch.nn.functional as F

from rethinking import training
from rethinking.decayed import all as all_parameters
from rethinking.decayed import weights
from rethinking.networks.alexnet import alexnet
from rethinking.networks.inception import inception
from rethinking.networks.initialisation import initialise
from rethinking.networks.mlp import mlp
from rethinking.preprocessing import centre_crop, standardise
from rethinking.seeds import torch_seed
from rethinking.training import Recipe, Split, evaluate, train
from rethinking.update_rules.sgd import SGD


def data(count=70, seed=0):
    generator = torch.Generator().manual_seed(seed)
    images = torch.randint(0, 256, (count, 1, 8, 8), generator=generator, dtype=torch.uint8)
    return Split(images, torch.randint(0, 10, (count,), generator=generator))


def network(factory=mlp, width=0.125):
    made = factory((1, 7, 7), 10, width)
    initialise(made, "he_normal", torch.Generator().manual_seed(1))
    return made


RECIPE = Recipe(epochs=3, learning_rate=0.05, crop=7, batch_size=32)


@pytest.mark.parametrize("momentum", [0.0, 0.9])
@pytest.mark.parametrize("weight_decay", [0.0, 0.1])
@pytest.mark.parametrize("decayed", [weights, all_parameters])
def test_sgd_is_that_of_pytorch(weight_decay, decayed, momentum):
    ours, theirs = network(), network()
    split = [[p for p in theirs.parameters() if (p.ndim > 1) == big] for big in (True, False)]
    groups = [
        {"params": split[0], "weight_decay": weight_decay},
        {"params": split[1], "weight_decay": weight_decay if decayed is all_parameters else 0.0},
    ]
    reference = torch.optim.SGD(groups, lr=0.1, momentum=momentum)
    optimiser = SGD(ours, momentum, weight_decay, decayed.parameters(ours))
    x, y = torch.randn(20, 1, 7, 7), torch.randint(0, 10, (20,))
    for step in range(5):
        rate = 0.1 * 0.5**step
        for group in reference.param_groups:
            group["lr"] = rate
        reference.zero_grad()
        F.cross_entropy(theirs(x), y).backward()
        reference.step()
        optimiser.clear_gradients()
        F.cross_entropy(ours(x), y).backward()
        optimiser.step(rate if step % 2 else torch.tensor(rate))
    for p, q in zip(ours.parameters(), theirs.parameters(), strict=True):
        torch.testing.assert_close(p, q, atol=1e-6, rtol=1e-5)


def test_parameters_that_a_step_does_not_use_stay():
    made = torch.nn.ModuleDict({"used": torch.nn.Linear(3, 2), "unused": torch.nn.Linear(3, 2)})
    before = {name: p.detach().clone() for name, p in made.named_parameters()}
    optimiser = SGD(made, 0.9, 0.1, all_parameters.parameters(made))
    made["used"](torch.randn(4, 3)).sum().backward()
    optimiser.step(0.1)
    for name, parameter in made.named_parameters():
        assert torch.equal(parameter, before[name]) == name.startswith("unused")


def test_weight_decay_acts_on_the_layers_that_are_named():
    """A step with a gradient of zero shrinks the weights that decay by 1 - λ·η, and leaves the others."""
    made = alexnet((3, 12, 12), 10, 0.125)
    initialise(made, "he_normal", torch.Generator().manual_seed(1))
    hidden = [layer for layer in made if isinstance(layer, torch.nn.Linear)][:2]
    assert len(hidden) == 2
    before = {name: p.detach().clone() for name, p in made.named_parameters()}
    recipe = Recipe(1, 0.1, 12, weight_decay=0.5, decayed="rethinking.decayed.hidden_linear")
    rule = recipe.make_update_rule(made)
    (made(torch.zeros(2, 3, 12, 12)).sum() * 0).backward()
    rule.step(0.1)
    weights_of = {id(layer.weight) for layer in hidden}
    for name, parameter in made.named_parameters():
        factor = 0.95 if id(parameter) in weights_of else 1.0
        torch.testing.assert_close(parameter.detach(), before[name] * factor, msg=name)


def test_weight_decay_on_layers_that_a_network_does_not_have_is_refused_with_its_layers():
    made = inception((1, 7, 7), 10, 0.125)
    recipe = Recipe(1, 0.1, 7, weight_decay=0.1, decayed="rethinking.decayed.hidden_linear")
    with pytest.raises(ValueError, match=r"no.*layers are .*SameConv2d.*1 Linear"):
        train(made, data(), data(seed=9), recipe, 0)
    # Without weight decay nobody asks which parameters it acts on.
    train(made, data(), data(seed=9), replace(recipe, weight_decay=0.0), 0)


def test_weight_decay_that_acts_on_nothing_is_refused(monkeypatch):
    monkeypatch.setattr("rethinking.decayed.all.parameters", lambda network: [])
    recipe = Recipe(1, 0.1, 7, weight_decay=0.1, decayed="rethinking.decayed.all")
    with pytest.raises(ValueError, match=r"parameters of rethinking\.decayed\.all, which names none here"):
        recipe.make_update_rule(network())


def test_weight_decay_that_overflows_is_a_verdict():
    recipe = Recipe(20, 0.1, 7, batch_size=32, weight_decay=1e30)
    result = train(network(), data(), data(seed=9), recipe, 0)
    assert result.verdict.startswith("diverged at epoch")


def test_accuracy_on_corrupted_test_labels_stands_beside_that_on_true_ones():
    split, test = data(), data(count=50, seed=9)
    corrupted = torch.where(torch.arange(50) < 20, (test.labels + 1) % 10, test.labels)
    plain = train(network(), split, test, RECIPE, 0)
    made = network()
    both = train(made, split, test, RECIPE, 0, corrupted_test_labels=corrupted)
    with torch.no_grad():
        predicted = made(standardise(centre_crop(test.images, 7))).argmax(dim=1)
    last = both.history[-1]
    assert last.test_accuracy == (predicted == test.labels).sum().item() / 50
    assert last.corrupted_test_accuracy == (predicted == corrupted).sum().item() / 50
    # The second set of labels changes nothing else, and without one both accuracies are the same.
    for one, other in zip(plain.history, both.history, strict=True):
        assert one[:-1] == other[:-1]
        assert one.corrupted_test_accuracy == one.test_accuracy
    with pytest.raises(ValueError, match=r"corrupted test labels hold 10; expected 0 to 9"):
        train(network(), split, test, RECIPE, 0, corrupted_test_labels=corrupted + 1)


def test_training_is_the_plain_loop_of_the_paper():
    """The same run written out: order, whitening, rate times 0.95 an epoch, the last short batch too."""
    seed, split = 3, data()
    ours = network()
    result = train(ours, split, data(seed=9), RECIPE, seed)
    theirs = network()
    optimiser = torch.optim.SGD(theirs.parameters(), lr=0.05, momentum=0.9)
    order = torch.Generator().manual_seed(torch_seed(seed, "batch_order"))
    x = standardise(centre_crop(split.images, 7))
    for epoch, row in enumerate(result.history):
        for group in optimiser.param_groups:
            group["lr"] = 0.05 * 0.95**epoch
        assert row.learning_rate == pytest.approx(0.05 * 0.95**epoch)
        theirs.train()
        losses, seen = 0.0, []
        for batch in torch.randperm(70, generator=order).split(32):
            optimiser.zero_grad()
            loss = F.cross_entropy(theirs(x[batch]), split.labels[batch])
            loss.backward()
            optimiser.step()
            losses += loss.item() * len(batch)
            seen += batch.tolist()
        assert sorted(seen) == list(range(70))
        assert row.step == 3 * (epoch + 1)
        assert row.online_loss == pytest.approx(losses / 70, rel=1e-4)
        assert row.train_loss == pytest.approx(evaluate(theirs, x, split.labels)[0], rel=1e-4)
    for p, q in zip(ours.parameters(), theirs.parameters(), strict=True):
        torch.testing.assert_close(p, q, atol=1e-5, rtol=1e-4)


def test_a_run_is_fixed_by_its_seed():
    runs = [train(network(inception), data(), data(seed=9), RECIPE, seed).history for seed in (1, 1, 2)]
    assert runs[0] == runs[1]
    assert runs[0] != runs[2]


def test_random_crops_change_training_and_not_evaluation():
    recipes = [RECIPE, Recipe(epochs=3, learning_rate=0.05, crop=7, batch_size=32, random_crop=True)]
    plain, cropped = (train(network(), data(), data(seed=9), recipe, 1).history for recipe in recipes)
    assert plain[0].online_loss != cropped[0].online_loss
    still = Recipe(epochs=1, learning_rate=1e-30, crop=7, random_crop=True)
    first = train(network(), data(), data(seed=9), still, 1).history[0]
    assert first.train_loss == pytest.approx(
        evaluate(network(), standardise(centre_crop(data().images, 7)), data().labels)[0]
    )


def test_divergence_is_a_verdict():
    recipe = Recipe(epochs=5, learning_rate=1e20, crop=7)
    result = train(network(), data(), data(), recipe, 0)
    assert result.verdict == "diverged at epoch 1, learning rate 1e+20"
    assert not math.isfinite(result.history[-1].train_loss)
    assert len(result.history) == 1


def test_a_run_may_stop_some_epochs_after_it_fits():
    recipe = Recipe(epochs=200, learning_rate=0.1, crop=7, batch_size=10, stop_after_fit=4)
    result = train(network(width=1.0), data(30), data(), recipe, 0)
    assert result.verdict == "fitted"
    assert len(result.history) < 200
    assert [row.train_accuracy == 1.0 for row in result.history[-5:]] == [False, True, True, True, True]


def test_accuracy_and_loss_of_evaluation_are_means_over_all_examples():
    split = data(25)
    x = standardise(centre_crop(split.images, 7))
    made = network().eval()
    loss, accuracy = evaluate(made, x, split.labels, batch_size=10)
    logits = made(x)
    assert loss == pytest.approx(F.cross_entropy(logits, split.labels).item(), rel=1e-5)
    assert accuracy == (logits.argmax(1) == split.labels).double().mean().item()


@pytest.mark.parametrize("changed", [{"random_crop": True}, {"augmentation": True}])
def test_what_is_drawn_differs_from_epoch_to_epoch_and_leaves_evaluation_alone(changed):
    recipe = Recipe(epochs=4, learning_rate=1e-30, crop=7, **changed)
    rows = train(network(), data(), data(seed=9), recipe, 1).history
    assert len({row.online_loss for row in rows}) == 4
    assert len({row.train_loss for row in rows}) == 1


def test_a_network_that_draws_is_fixed_by_the_seed_and_leaves_the_global_generator_alone():
    noisy = [torch.nn.Sequential(torch.nn.Dropout(0.5), network()) for _ in range(3)]
    before = torch.get_rng_state()
    runs = [
        train(made, data(), data(seed=9), RECIPE, seed).history
        for made, seed in zip(noisy, (1, 1, 2), strict=True)
    ]
    assert runs[0] == runs[1] != runs[2]
    assert torch.equal(torch.get_rng_state(), before)


def test_bfloat16_is_float32_to_rounding():
    for factory in (mlp, inception):
        recipe = Recipe(epochs=3, learning_rate=0.01, crop=7, batch_size=32)
        exact, rounded = (
            train(network(factory), data(), data(seed=9), recipe, 1, dtype=dtype).history
            for dtype in (torch.float32, torch.bfloat16)
        )
        assert exact != rounded
        for a, b in zip(exact, rounded, strict=True):
            assert a.online_loss == pytest.approx(b.online_loss, rel=0.05)
            assert a.train_loss == pytest.approx(b.train_loss, rel=0.05)


class Seen(torch.nn.Module):
    """Keeps the images that it passes on in training, and how a GPU would multiply float32 then."""

    def __init__(self):
        super().__init__()
        self.images, self.products = [], set()

    def forward(self, x):
        if self.training:
            self.images.append(x.clone())
        self.products |= {torch.backends.cudnn.conv.fp32_precision, torch.backends.cuda.matmul.fp32_precision}
        return x


@pytest.mark.parametrize("changed", [{}, {"random_crop": True}, {"augmentation": True}])
def test_images_are_prepared_in_float32_whatever_the_precision_of_products(changed):
    recipe = Recipe(epochs=2, learning_rate=1e-30, crop=7, batch_size=32, **changed)
    seen = []
    for dtype in (torch.float32, torch.bfloat16):
        made = Seen()
        train(torch.nn.Sequential(made, network()), data(), data(seed=9), recipe, 1, dtype=dtype)
        seen.append(torch.cat(made.images))
    assert torch.equal(seen[0].to(torch.bfloat16), seen[1])


def test_float32_is_not_rounded_to_tf32_in_training_and_what_was_set_comes_back():
    cudnn, matmul = torch.backends.cudnn, torch.backends.cuda.matmul
    before = cudnn.conv.fp32_precision, cudnn.rnn.fp32_precision, matmul.fp32_precision
    assert before[0] == "tf32", "PyTorch's own choice, which this guards against"
    for diverges in (False, True):
        made = Seen()
        recipe = Recipe(epochs=1, learning_rate=1e20 if diverges else 0.01, crop=7)
        train(torch.nn.Sequential(made, network()), data(), data(seed=9), recipe, 1)
        assert made.products == {"ieee"}
        assert before == (cudnn.conv.fp32_precision, cudnn.rnn.fp32_precision, matmul.fp32_precision)
    made = Seen()
    evaluate(torch.nn.Sequential(made, network()), standardise(centre_crop(data().images, 7)), data().labels)
    assert made.products == {"ieee"}


def test_a_run_is_freed_without_the_garbage_collector(monkeypatch):
    runs = []

    class Run(training._Run):
        def __init__(self, *given):
            super().__init__(*given)
            runs.extend([weakref.ref(self), weakref.ref(self.seen), weakref.ref(self.drawn["order"])])

    monkeypatch.setattr(training, "_Run", Run)
    made = network()
    gc.collect()
    gc.disable()
    try:
        train(made, data(), data(seed=9), RECIPE, 1)
        assert [run() for run in runs] == [None] * 3
    finally:
        gc.enable()
    assert all(parameter.grad is None for parameter in made.parameters()), "gradients lie in graphs"


@pytest.mark.parametrize(
    ("changed", "problem"),
    [
        ({"epochs": 0}, "epochs is 0; expected a whole number of 1 or more"),
        ({"batch_size": 0}, "batch_size is 0; expected"),
        ({"batch_size": 12.5}, "batch_size is 12.5; expected"),
        ({"crop": 0}, "crop is 0; expected"),
        ({"crop": -3}, "crop is -3; expected"),
        ({"stop_after_fit": 0}, "stop_after_fit is 0; expected"),
        ({"learning_rate": -0.1}, "learning_rate is -0.1; expected a number above 0"),
        ({"learning_rate": math.nan}, "learning_rate is nan; expected"),
        ({"weight_decay": -1e-4}, "weight_decay is -0.0001; expected 0 or more"),
    ],
)
def test_a_recipe_out_of_range_is_refused(changed, problem):
    with pytest.raises(ValueError, match=problem):
        Recipe(**{"epochs": 1, "learning_rate": 0.1, "crop": 7} | changed)


@pytest.mark.parametrize("momentum", [-0.1, 1.0, math.nan])
def test_a_momentum_out_of_range_is_refused_by_the_update_rule(momentum):
    recipe = Recipe(epochs=1, learning_rate=0.1, crop=7, update_options={"momentum": momentum})
    with pytest.raises(ValueError, match=f"momentum is {momentum}; expected a number from 0 to below 1"):
        recipe.make_update_rule(torch.nn.Linear(2, 2))


@pytest.mark.parametrize("decay", [0.0, -0.5, 1.1, math.nan])
def test_a_decay_out_of_range_is_refused_by_the_schedule(decay):
    recipe = Recipe(epochs=1, learning_rate=0.1, crop=7, schedule_options={"decay": decay})
    with pytest.raises(ValueError, match=f"decay is {decay}; expected a number above 0 and at most 1"):
        recipe.rate(1)


@pytest.mark.parametrize(
    ("spoil", "problem"),
    [
        (lambda s: s.labels.fill_(-100), "labels hold -100; expected 0 to 9: the network has 10"),
        (lambda s: s.labels[3:4].fill_(10), "labels hold 10; expected 0 to 9"),
        (
            lambda s: Split(s.images, s.labels[:-1]),
            "expected torch.int64, one for each of 70 images",
        ),
        (lambda s: Split(s.images, s.labels.int()), "labels are torch.int32 of shape"),
        (lambda s: Split(s.images[:0], s.labels[:0]), r"shape \(0, 1, 8, 8\); expected"),
        (lambda s: Split(s.images[:, 0], s.labels), r"shape \(70, 8, 8\); expected \(N, C, H, W\)"),
        (
            lambda s: Split(s.images[:, :, :6], s.labels),
            "are 6×8; expected 7×7, the crop, or larger",
        ),
    ],
)
@pytest.mark.parametrize("part", ["training", "test"])
def test_images_and_labels_that_do_not_go_together_are_refused(spoil, problem, part):
    splits = {"training": data(), "test": data(seed=9)}
    spoiled = spoil(splits[part])
    splits[part] = spoiled if isinstance(spoiled, Split) else splits[part]
    with pytest.raises(ValueError, match=f"{part} .*{problem}"):
        train(network(), *splits.values(), RECIPE, 0)


@pytest.mark.parametrize(
    ("made", "problem"),
    [
        (torch.nn.Flatten(), "Flatten has no parameters to train"),
        (torch.nn.Conv2d(1, 10, 3), r"shape \(1, 10, 5, 5\); expected \(1, classes\)"),
        (torch.nn.Sequential(torch.nn.Flatten(), torch.nn.Linear(49, 9)), "hold 9; expected 0 to 8"),
    ],
)
def test_a_network_that_does_not_fit_is_refused(made, problem):
    with pytest.raises(ValueError, match=problem):
        train(made, data(), data(seed=9), RECIPE, 0)
