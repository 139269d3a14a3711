"""A peer as one competitor of steps.py: it reads a number of steps per line and answers with the seconds they took.

Usage: competitor.py PEER TASK THREADS
A step clears the gradients, predicts, takes the loss, backpropagates and updates, on data that lie ready.
"""

import functools
import gc
import os
import sys
import time

from nets import TASKS

SCAN = 256  # steps in one call of optax_scan


def torch_steps(task, threads, channels_last):
    import torch
    from torch import nn

    torch.set_num_threads(threads)
    torch.set_flush_denormal(True)
    torch.manual_seed(0)
    sizes, batch = task["sizes"], task["batch"]
    activation = nn.ReLU if task["classes"] or task.get("relu") else nn.Tanh
    if sizes is None:
        net = nn.Sequential(nn.Conv2d(1, 32, 3, padding=1), nn.ReLU(), nn.MaxPool2d(2),
                            nn.Conv2d(32, 64, 3, padding=1), nn.ReLU(), nn.MaxPool2d(2), nn.Flatten(),
                            nn.Linear(3136, 128), nn.ReLU(), nn.Linear(128, 10))
        x = torch.rand(batch, 1, 28, 28) * 2 - 1
        outputs = 10
    else:
        layers = []
        for inputs, units in zip(sizes, sizes[1:]):
            layers += [nn.Linear(inputs, units), activation()]
        net = nn.Sequential(*layers[:-1])
        x = torch.rand(batch, sizes[0]) * 2 - 1
        outputs = sizes[-1]
    if channels_last:
        net = net.to(memory_format=torch.channels_last)
        x = x.contiguous(memory_format=torch.channels_last)
    y = torch.arange(batch) % outputs if task["classes"] else torch.rand(batch, outputs)
    loss = nn.functional.cross_entropy if task["classes"] else nn.functional.mse_loss
    make = {"sgd": torch.optim.SGD, "adam": torch.optim.Adam, "adamw": torch.optim.AdamW}[task["optimizer"]]
    optimizer = make(net.parameters(), lr=1e-3, fused=True)

    def steps(n):
        for _ in range(n):
            optimizer.zero_grad()
            loss(net(x), y).backward()
            optimizer.step()

    return steps


def optax_steps(task):
    """Steps inside one compiled loop of 256, the fastest that JAX has."""
    os.environ["JAX_PLATFORMS"] = "cpu"
    import jax
    import jax.numpy as jnp
    import optax

    sizes, batch = task["sizes"], task["batch"]
    keys = jax.random.split(jax.random.PRNGKey(0), len(sizes) + 2)
    weights = [(jax.random.normal(k, (i, o)) / i**0.5, jnp.zeros(o)) for k, i, o in zip(keys, sizes, sizes[1:])]
    x = jax.random.uniform(keys[-1], (batch, sizes[0]), minval=-1)
    y = jnp.arange(batch) % sizes[-1] if task["classes"] else jax.random.uniform(keys[-2], (batch, sizes[-1]))
    rule = {"sgd": optax.sgd, "adam": optax.adam, "adamw": optax.adamw}[task["optimizer"]](1e-3)

    def loss(weights, x, y):
        for at, (w, b) in enumerate(weights):
            x = x @ w + b
            if at + 1 < len(weights):
                x = jax.nn.relu(x) if task["classes"] else jnp.tanh(x)
        if task["classes"]:
            return optax.softmax_cross_entropy_with_integer_labels(x, y).mean()
        return ((x - y) ** 2).mean()

    def step(carried, _):
        weights, state = carried
        updates, state = rule.update(jax.grad(loss)(weights, x, y), state, weights)
        return (optax.apply_updates(weights, updates), state), None

    @functools.partial(jax.jit, donate_argnums=0)
    def many(carried):
        return jax.lax.scan(step, carried, None, length=SCAN)[0]

    carried = [(weights, rule.init(weights))]

    def steps(n):
        for _ in range(n // SCAN):
            carried[0] = many(carried[0])
        jax.block_until_ready(carried[0])

    return steps


def fann_steps(task):
    import ctypes

    library = ctypes.CDLL(os.environ["THALWEG_BENCH_FANN"])
    inputs, hidden, outputs = task["sizes"]
    return lambda n: library.steps(inputs, hidden, outputs, ctypes.c_long(n * task["batch"]))


def main():
    peer, name, threads = sys.argv[1], sys.argv[2], int(sys.argv[3])
    task = TASKS[name]
    if peer == "optax_scan":
        steps = optax_steps(task)
    elif peer == "fann":
        steps = fann_steps(task)
    else:
        steps = torch_steps(task, threads, peer == "torch_channels_last")
    steps(SCAN if peer == "optax_scan" else 1)
    gc.collect()
    gc.freeze()
    gc.disable()
    print("READY", flush=True)
    for line in sys.stdin:
        start = time.perf_counter()
        steps(int(line))
        print(f"T {time.perf_counter() - start:.9f}", flush=True)


if __name__ == "__main__":
    main()
