"""One training of torch for trainings.py: its settings as JSON in, accuracy and seconds as JSON out."""

import gzip
import json
import math
import re
import struct
import subprocess
import sys
import time
from pathlib import Path

import numpy
import torch
from torch import nn

DIGITS = Path(__file__).resolve().parents[2] / "src" / "learn" / "data" / "digits.csv.gz"


def read_idx(path):
    packed = path.with_name(path.name + ".gz")
    content = gzip.decompress(packed.read_bytes()) if packed.exists() else path.read_bytes()
    axes = content[3]
    shape = struct.unpack(f">{axes}I", content[4:4 + 4 * axes])
    return numpy.frombuffer(content, numpy.uint8, offset=4 + 4 * axes).reshape(shape)


def read_images(source):
    folder = Path(re.fullmatch(r'idx\("(.*)"\)', source).group(1))
    parts = [read_idx(folder / f"{part}-{kind}-ubyte") for part in ("train", "t10k") for kind in ("images-idx3", "labels-idx1")]
    mean, deviation = parts[0].mean(), parts[0].std()
    images = [torch.tensor(((x - mean) / deviation).astype(numpy.float32)) for x in parts[::2]]
    labels = [torch.tensor(y.astype(numpy.int64)) for y in parts[1::2]]
    return images[0], labels[0], images[1], labels[1]


def read_digits(settings):
    """The digits, held out as the library does for this seed."""
    table = numpy.loadtxt(DIGITS, delimiter=",", dtype=numpy.int64)
    x, y = table[:, :-1], table[:, -1]
    rows = subprocess.run([settings["program"], "split", "digits", "--seed", str(settings["seed"]), "--json"], check=True,
                          capture_output=True, text=True).stdout
    held = numpy.zeros(len(y), bool)
    held[json.loads(rows)["test"]] = True
    x, y = torch.tensor(x / 16.0, dtype=torch.float32), torch.tensor(y)
    return x[~held], y[~held], x[held], y[held]


def main():
    settings = json.loads(sys.argv[1])
    torch.set_num_threads(settings["threads"])
    torch.set_flush_denormal(True)
    torch.manual_seed(settings["seed"])
    digits = settings["data"] is None
    x, y, x_held, y_held = read_digits(settings) if digits else read_images(settings["source"])
    if "conv2d" in settings["model"]:
        net = nn.Sequential(nn.Conv2d(1, 32, 3, padding=1), nn.ReLU(), nn.MaxPool2d(2),
                            nn.Conv2d(32, 64, 3, padding=1), nn.ReLU(), nn.MaxPool2d(2), nn.Flatten(),
                            nn.Linear(3136, 128), nn.ReLU(), nn.Linear(128, 10))
        x, x_held = x[:, None], x_held[:, None]
    else:
        units = int(re.match(r"dense\((\d+)\)", settings["model"]).group(1))
        x, x_held = x.flatten(1), x_held.flatten(1)
        net = nn.Sequential(nn.Linear(x.shape[1], units), nn.ReLU(), nn.Linear(units, 10))
    optimizer = torch.optim.AdamW(net.parameters(), lr=settings["lr"], weight_decay=0.01, fused=True)
    batch, epochs = settings["batch"], settings["epochs"]
    total = epochs * math.ceil(len(x) / batch)
    warmup = max(1, total // 20)
    schedule = torch.optim.lr_scheduler.LambdaLR(
        optimizer, lambda k: k / warmup if k < warmup else 0.5 * (1 + math.cos(math.pi * (k - warmup) / (total - warmup))))

    def right():
        with torch.no_grad():
            return sum((net(a).argmax(1) == b).sum().item() for a, b in zip(x_held.split(1000), y_held.split(1000)))

    start = time.perf_counter()
    for _ in range(epochs):
        order = torch.randperm(len(x))
        for rows in order.split(batch):
            optimizer.zero_grad()
            nn.functional.cross_entropy(net(x[rows]), y[rows]).backward()
            optimizer.step()
            schedule.step()
        found = right()
    print(json.dumps({"accuracy": found / len(x_held), "seconds": time.perf_counter() - start}))


if __name__ == "__main__":
    main()
