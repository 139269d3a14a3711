"""Optimizers of torch with random flags, and small models to train with them."""

import math
import random

import torch

CLASSES = ("SGD", "Adam", "AdamW", "NAdam", "RAdam", "Adamax", "Adadelta", "Adagrad", "RMSprop", "Rprop", "ASGD")
torch.set_num_threads(1)  # models this small only wait for each other's threads
NEW = hasattr(torch.optim.Optimizer, "register_step_pre_hook")  # torch 2


def _moments(chosen, name, flags):
    flags["betas"] = (chosen([0.0, 0.5, 0.9, 0.95]), chosen([0.9, 0.99, 0.999]))
    flags["eps"] = chosen([1e-8, 1e-6, 1e-4])
    if name in ("Adam", "AdamW"):
        flags["amsgrad"] = chosen([True, False])
    if name in ("NAdam", "RAdam") and NEW:
        flags["decoupled_weight_decay"] = chosen([True, False])
    if name == "NAdam":
        flags["momentum_decay"] = chosen([0.004, 0.1])


def _sgd(chosen, _name, flags):
    flags["momentum"] = chosen([0.0, 0.5, 0.9])
    if flags["momentum"]:
        flags["nesterov"] = chosen([True, False])
        flags["dampening"] = 0.0 if flags["nesterov"] else chosen([0.0, 0.1, 0.9])


def _others(chosen, name, flags):
    some = {
        "Adadelta": lambda: {"lr": chosen([1.0, 0.5]), "rho": chosen([0.9, 0.95]), "eps": chosen([1e-6, 1e-4])},
        "Adagrad": lambda: {"lr_decay": chosen([0.0, 0.01]), "initial_accumulator_value": chosen([0.0, 0.1])},
        "RMSprop": lambda: {"alpha": chosen([0.9, 0.99]), "eps": chosen([1e-8, 1e-4]), "momentum": chosen([0.0, 0.9]),
                            "centered": chosen([True, False])},
        "Rprop": lambda: {"etas": chosen([(0.5, 1.2), (0.4, 1.1)]), "step_sizes": (1e-6, chosen([50.0, 0.01]))},
        "ASGD": lambda: {"lambd": chosen([1e-4, 1e-2]), "alpha": chosen([0.75, 0.5]), "t0": chosen([1e6, 0, 20])},
    }
    flags.update(some[name]())


def flags_of(name: str, seed: int) -> dict:
    """Options of a class, drawn by chance."""
    drawn = random.Random(f"{name} {seed}")
    flags = {"lr": 10 ** drawn.uniform(-4, -1.5)}
    if name != "Rprop":
        flags["weight_decay"] = drawn.choice([0.0, 0.0, 0.01, 0.1])
    if NEW or name not in ("NAdam", "RAdam"):
        flags["maximize"] = drawn.random() < 0.2
    if name == "NAdam" and not NEW:
        flags["foreach"] = True  # the other loop of torch 1 multiplies mu into the next product twice
    by_name = {"SGD": _sgd, **dict.fromkeys(("Adam", "AdamW", "NAdam", "RAdam", "Adamax"), _moments)}
    by_name.get(name, _others)(drawn.choice, name, flags)
    return flags


def network(dtype, seed: int) -> torch.nn.Sequential:
    torch.manual_seed(seed)
    return torch.nn.Sequential(torch.nn.Linear(5, 7), torch.nn.Tanh(), torch.nn.LayerNorm(7),
                               torch.nn.Linear(7, 3)).to(dtype)


def groups_of(model, flags: dict, seed: int):
    """One group, or two with numbers of their own."""
    members = list(model.parameters())
    if seed % 3:
        return members
    second = {"params": members[3:], "lr": flags["lr"] / 2}
    if "weight_decay" in flags:
        second["weight_decay"] = 0.03
    return [{"params": members[:3]}, second]


class Training:
    """A model with an optimizer: the same numbers for the same seed, whoever takes the steps."""

    def __init__(self, name: str, seed: int, dtype=torch.float64, total: int = 200):
        self.flags = flags_of(name, seed)
        self.model = network(dtype, seed)
        self.optimizer = getattr(torch.optim, name)(groups_of(self.model, self.flags, seed), **self.flags)
        self.total, self.seed, self.done = total, seed, 0
        self.inputs, self.targets = torch.randn(16, 5, dtype=dtype), torch.randn(16, 3, dtype=dtype)
        self.schedule = None

    def drive(self):
        """The rate, and momentum where there is some, by OneCycleLR."""
        cycled = "betas" in self.optimizer.defaults or self.optimizer.defaults.get("momentum", 0) != 0
        self.schedule = torch.optim.lr_scheduler.OneCycleLR(
            self.optimizer, [3 * group["lr"] for group in self.optimizer.param_groups], total_steps=self.total + 1,
            cycle_momentum=cycled)
        return self

    def gradients(self) -> None:
        self.optimizer.zero_grad()
        weight = (1 + 0.1 * math.sin(self.done)) * (-1 if self.flags.get("maximize") else 1)
        torch.nn.functional.mse_loss(self.model(self.inputs), self.targets).mul(weight).backward()
        drawn = random.Random(self.seed * 1000 + self.done)
        if drawn.random() < 0.2:  # one parameter took no part
            list(self.model.parameters())[drawn.randrange(6)].grad = None

    def step(self) -> None:
        self.gradients()
        self.optimizer.step()
        if self.schedule is not None:
            self.schedule.step()
        self.done += 1

    def values(self) -> list[torch.Tensor]:
        return [tensor.detach().clone() for tensor in self.model.parameters()]


def apart(ours, theirs) -> float:
    """The largest difference of a tensor over its largest element."""
    return max(float((a - b).abs().max() / b.abs().max().clamp_min(1e-12)) for a, b in zip(ours, theirs))
