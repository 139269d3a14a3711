"""What ranks come to: byte for byte what one process comes to that has as many shards."""

import gzip
import os
import re
import signal
import struct
from pathlib import Path

from launching import Failures, Launched, launch
from trainings import PATIENCE, SMALL, Settings, Trainings

ROOT = Path(__file__).resolve().parents[2]
SHARED = ROOT.parent / "shared"

PERCEPTRON = "dense(256) | relu | dense(10)"
CONVOLUTIONS = ("conv2d(32, 3, padding=1) | relu | max_pool(2) | conv2d(64, 3, padding=1) | relu | max_pool(2) | flatten | "
                "dense(128) | relu | dense(10)")
SCHEDULED = "clip_norm(1) | adamw(lr=cosine(2e-3, warmup=5%), decay=0.01) | average(decay=0.99)"
NETWORKS = {  # data, model, samples of a batch, epochs
    "digits": ("digits", "dense(64) | relu | dense(10)", 64, 10),
    "perceptron": ("mnist", PERCEPTRON, 64, 3),
    "convolutions": ("mnist", CONVOLUTIONS, 128, 2),
}

# What a training may have beside its model: settings that come after those of SMALL.
FEATURES: dict[str, Settings] = {
    "last batches of two samples": {"--batch": 359},
    "batches that are accumulated": {"--accumulate": 3},
    "skipped updates": {"--optimizer": "skip(outlier, factor=1.05, after=5, most=1000) | adam | lr(0.01)"},
    "updates that are rehearsed": {"--nonfinite": "skip"},
    "a plateau": {"--optimizer": "adam | lr(0.01) | plateau(patience=0, threshold=0.5)"},
    "augmentation": {"--data": "digits | shift(1) | noise(0.1) | mixup"},
    "a bound of memory": {"--memory": "64MiB"},
    "inner values computed again": {"--checkpoint": 2, "--chunk": 10},
    "checkpoints all the time": {"--checkpoint-seconds": 1, "--checkpoint-every": 7, "--async-checkpoints": None},
    "early stopping": {"--patience": 1, "--epochs": 8},
    "weights of classes": {"--class-weights": "balanced", "--order": "replacement"},
}


def of_steps(failures: Failures, flavour: str, program: Path) -> None:
    for ranks, flags in ((1, ()), (2, ()), (3, ()), (4, ()), (3, ("--delay", 200))):
        outcome = launch(flavour, ranks, [program, *flags], 120)
        failures.expect(outcome.code == 0 and f"{ranks} ranks: the same bits" in outcome.said,
                        f"{flavour}, {ranks} ranks {flags}: code {outcome.code}", outcome.said)
        print(f"{flavour}: {ranks} ranks{' delayed' if flags else ''}, {outcome.seconds:.1f} s", flush=True)


def of_vectors(failures: Failures, flavour: str, build: Path, cases: Path) -> None:
    """Recorded steps of other libraries, replayed on three ranks."""
    command = [build.resolve() / "thalweg", "verify", cases]
    one, three = launch(flavour, 1, command, PATIENCE), launch(flavour, 3, command, PATIENCE)
    passed = re.search(r"[1-9]\d* passed, 0 failed", three.said)
    failures.expect(three.code == 0 and passed is not None and three.said == one.said,
                    f"{flavour}, {cases} replayed: code {three.code}, alone {one.said}", three.said)
    print(f"{flavour}: {three.said.strip()} on 3 ranks, {three.seconds:.1f} s", flush=True)


def of_trainings(trainings: Trainings, flavour: str) -> None:
    """A few of each kind."""
    alone = trainings.alone(f"{flavour}-alone", SMALL)
    for ranks, state in ((2, "sharded"), (3, "whole"), (3, "sharded")):
        name = f"{flavour}-{ranks}-{state}"
        trainings.expect_same(name, alone, trainings.train(flavour, ranks, name, {**SMALL, "--state": state}))
    name = f"{flavour}-stopped"
    stopped = trainings.train(flavour, 2, name, {**SMALL, "--max-time": "0.3s"})
    trainings.failures.expect(stopped.code in (0, 143), f"{name}: code {stopped.code}", stopped.said)
    trainings.expect_same(name, alone, trainings.resume(flavour, 3, name))


def of_features(trainings: Trainings, flavour: str, features: list[str]) -> None:
    for feature in features:
        settings = SMALL | FEATURES[feature]
        alone, name = f"{flavour}-alone, {feature}", f"{flavour}-3, {feature}"
        trainings.alone(alone, settings)
        trainings.expect_same(name, alone, trainings.train(flavour, 3, name, settings))


def of_a_batch_that_is_found(trainings: Trainings, flavour: str) -> None:
    """Its size is measured, by one rank for all, and is a setting then."""
    name, alone = f"{flavour}-batch", f"{flavour}-batch-alone"
    outcome = trainings.train(flavour, 3, name, {**SMALL, "--batch": "find"})
    config = (trainings.folder / name / "config.toml").read_text() if outcome.code == 0 else ""
    batch = re.search(r"^batch = (\d+)", config, re.M)
    if trainings.failures.expect(batch is not None, f"{name}: code {outcome.code}", outcome.said + config):
        trainings.alone(alone, {**SMALL, "--batch": batch[1]})
        trainings.expect_same(name, alone, outcome)


def of_folds(trainings: Trainings, flavour: str) -> None:
    name, alone = f"{flavour}-folds", f"{flavour}-folds-alone"
    settings = {"--folds": 3, "--epochs": 2, "--model": "dense(10)"}
    trainings.alone(alone, settings)
    outcome = trainings.train(flavour, 3, name, settings)
    for fold in ("fold-1", "fold-2", "fold-3"):
        trainings.expect_same(f"{name}/{fold}", f"{alone}/{fold}", outcome)


def of_initial_weights(trainings: Trainings, flavour: str) -> None:
    """Those of a file are the first rank's; ranks that name others are told."""
    alone = trainings.alone(f"{flavour}-first", SMALL)
    weights = [trainings.folder / alone / "checkpoints" / f"{trainings.updates(alone)}.safetensors"]
    weights.append(weights[0].with_name("other.safetensors"))
    weights[1].write_bytes(weights[0].read_bytes())
    settings = [{**SMALL, "--epochs": 1, "--init": file} for file in weights]
    trainings.alone(f"{flavour}-init-alone", settings[0])
    outcome = trainings.train(flavour, 3, f"{flavour}-init", settings[0])
    trainings.expect_same(f"{flavour}-init", f"{flavour}-init-alone", outcome)
    name = f"{flavour}-inits"
    first, other = (trainings.command(name, one) for one in settings)
    trainings.expect_refused("other initial weights", flavour, [*first, ":", "-n", "1", *other], 2,
                             "it was not given what rank 0 was")
    trainings.failures.expect(not (trainings.folder / name).exists(), f"{name} was written", "")


def part_of_mnist(folder: Path, train: int = 6_400, test: int = 1_000) -> Path:
    """The first samples, as a data set of its own."""
    to = folder / "mnist"
    to.mkdir()
    for part, count in (("train", train), ("t10k", test)):
        for kind, head, each in (("images-idx3", 16, 784), ("labels-idx1", 8, 1)):
            with gzip.open(SHARED / "data" / "mnist" / f"{part}-{kind}-ubyte.gz") as file:
                header, numbers = file.read(head), file.read(count * each)
            (to / f"{part}-{kind}-ubyte").write_bytes(header[:4] + struct.pack(">I", count) + header[8:] + numbers)
    return to


def settings_of(network: str, folder: Path, epochs: int | None = None) -> Settings:
    data, model, batch, its_epochs = NETWORKS[network]
    if data == "mnist":
        data = f'idx("{folder / "mnist"}")'
    return {"--data": data, "--model": model, "--batch": batch, "--epochs": epochs or its_epochs, "--optimizer": SCHEDULED,
            "--shards": 8}


def of_every_shape(trainings: Trainings, network: str, flavours: list[str]) -> None:
    """1 to 5 ranks of 1 to 3 threads, with the state either way."""
    settings = settings_of(network, trainings.folder)
    alone = trainings.alone(f"{network}-alone", settings)
    for turn, flavour in enumerate(flavours):
        for ranks in range(1, 6):
            for threads in range(1, 4):
                state = "whole" if (ranks + threads + turn) % 2 else "sharded"
                name = f"{network}-{flavour}-{ranks}x{threads}-{state}"
                outcome = trainings.train(flavour, ranks, name, {**settings, "--state": state}, threads)
                trainings.expect_same(name, alone, outcome)
        print(f"{flavour}: {network}, 1 to 5 ranks x 1 to 3 threads, {trainings.failures.count} failures", flush=True)


# Ranks of a training, and what ends it; the last one comes to its end.
LIVES = ((2, "SIGTERM to mpirun"), (5, "SIGTERM to a rank"), (3, "--max-time"), (1, "SIGTERM to a rank"), (4, "its end"))


def interrupt(training: Launched, ranks: int, how: str) -> set[int]:
    """The codes that the launcher may end with then."""
    if how == "SIGTERM to mpirun":
        training.process.send_signal(signal.SIGTERM)
        return {1, 143} if training.flavour == "openmpi" else {143}
    if how == "SIGTERM to a rank":
        os.kill(training.process_of(ranks - 1), signal.SIGTERM)
    return {0} if how == "its end" else {143}


def of_interrupted(trainings: Trainings, network: str, flavours: list[str], state: str) -> None:
    """Stopped in every way, and resumed on other ranks, under the other MPI, and by one process."""
    epochs, every = {"digits": (2000, 400), "perceptron": (20, 100), "convolutions": (6, 5)}[network]  # some seconds
    settings = {**settings_of(network, trainings.folder, epochs), "--checkpoint-every": every}
    alone, name = trainings.alone(f"{network}-{state}-uninterrupted", settings), f"{network}-{state}-interrupted"
    for turn, (ranks, how) in enumerate(LIVES):
        flavour, before = flavours[turn % len(flavours)], trainings.updates(name)
        training = (trainings.start(flavour, ranks, name, {**settings, "--state": state}) if turn == 0 else
                    trainings.start_again(flavour, ranks, name, ["--max-time", "2s"] if how == "--max-time" else []))
        if how.startswith("SIGTERM") and not trainings.has_come_to(name, before + every, training):
            trainings.failures.expect(False, f"{name}, {flavour}, {ranks} ranks: ended before it was interrupted",
                                      training.wait(PATIENCE).said)
            return
        codes = interrupt(training, ranks, how)
        outcome = training.wait(PATIENCE)
        trainings.failures.expect(outcome.code in codes, f"{name}, {flavour}, {how}: code {outcome.code}, want {codes}",
                                  outcome.said)
    trainings.expect_same(name, alone, outcome)
    print(f"{network}, state {state}: interrupted and resumed, {trainings.failures.count} failures", flush=True)
