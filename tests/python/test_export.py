"""`thalweg export` beside ONNX's own checker, onnxruntime and torch: what a graph says of raw numbers is what `predict` prints."""

import json
import os
import random
import struct
import subprocess
import tempfile
import unittest
import zlib
from pathlib import Path

try:
    import numpy as np
    import onnx
    import onnxruntime
except ImportError:
    raise unittest.SkipTest("onnx and onnxruntime are not installed")

TOOL = os.environ.get("THALWEG_TOOL", str(Path(__file__).resolve().parents[2] / "build" / "thalweg"))
if not Path(TOOL).exists():
    raise unittest.SkipTest("the tool is not built")

POINTWISE = ["relu", "leaky_relu", "leaky_relu(0.3)", "relu6", "elu", "elu(0.5)", "selu", "tanh", "sigmoid", "gelu", "gelu(tanh)",
             "silu", "mish", "softplus", "softplus(3, threshold=2)", "dropout(0.3)", "softmax", "log_softmax"]


def thalweg(*words):
    done = subprocess.run([TOOL, *map(str, words)], capture_output=True, text=True)
    if done.returncode != 0:
        raise AssertionError(f"{words}: {done.stderr}")
    return done.stdout


def png(path, pixels):
    """A PNG of {height, width} or {height, width, 3} bytes."""
    height, width = pixels.shape[:2]
    rows = b"".join(b"\0" + pixels[i].tobytes() for i in range(height))
    chunk = lambda kind, data: struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))
    head = struct.pack(">IIBBBBB", width, height, 8, 0 if pixels.ndim == 2 else 2, 0, 0, 0)
    path.write_bytes(b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", zlib.compress(rows)) + chunk(b"IEND", b""))


class Case(unittest.TestCase):
    def setUp(self):
        self.scratch = tempfile.TemporaryDirectory()
        self.addCleanup(self.scratch.cleanup)
        self.folder = Path(self.scratch.name)
        self.random = random.Random(7)
        self.numbers = np.random.default_rng(7)

    def train(self, name, data, model, *options):
        run = self.folder / name
        thalweg("train", "--out", run, "--data", data, "--model", model, "--epochs", 2, "--quiet", "--threads", 1, *options)
        return run

    def graph(self, run, *options):
        file = self.folder / "model.onnx"
        thalweg("export", run, "--out", file, *options)
        onnx.checker.check_model(str(file), full_check=True)
        return onnxruntime.InferenceSession(str(file), providers=["CPUExecutionProvider"])

    def predicted(self, run, *options):
        """Names of classes or none, numbers {rows, outputs}."""
        rows = [json.loads(line) for line in thalweg("predict", run, "--format", "jsonl", *options).splitlines()]
        classes = [row["class"] for row in rows] if "class" in rows[0] else None
        key = "probabilities" if "probabilities" in rows[0] else "scores"
        return classes, np.array([list((row if classes is None else row[key]).values()) for row in rows], dtype=float)

    def compare(self, run, feed, what, *options, tolerance=1e-5):
        session = self.graph(run, *options)
        self.assertEqual(session.get_modelmeta().custom_metadata_map["producer"].split()[0], "thalweg")
        out = session.run(None, feed)
        classes, want = self.predicted(run)
        scale = np.abs(want).max() if classes is None else 1
        np.testing.assert_allclose(out[0], want, rtol=tolerance, atol=tolerance * scale, err_msg=what)
        if classes is not None:
            names = json.loads(session.get_modelmeta().custom_metadata_map["outputs"])
            apart = np.sort(want, axis=1)[:, -1] - np.sort(want, axis=1)[:, -2] > 1e-5 if want.shape[1] > 1 else np.full(len(want), True)
            said = np.array([names[i] for i in out[1]])
            np.testing.assert_array_equal(said[apart], np.array(classes)[apart], err_msg=what)
        few = session.run(None, {name: value[:3] for name, value in feed.items()})  # any number of rows
        np.testing.assert_allclose(few[0], out[0][:3], rtol=1e-4, atol=1e-6 * scale, err_msg=what)
        return session


class Tables(Case):
    def table(self, rows, words=True, missing=True):
        """CSV with numbers of any size, words and gaps; the numbers and words of its columns."""
        columns = {"size": self.numbers.normal(71.5, 20, rows), "year": self.numbers.integers(1950, 2020, rows).astype(float),
                   "mass": self.numbers.normal(1e-12, 3e-12, rows), "pay": self.numbers.lognormal(10, 1, rows),
                   "same": np.full(rows, 4.5)}
        if missing:
            columns["pay"][self.numbers.random(rows) < 0.1] = np.nan
        towns = [self.random.choice(["Ulm", "Bonn", "Kiel", "", *(["only " + str(i)] if i % 40 == 0 else [])]) for i in range(rows)]
        kinds = [self.random.choice(["red", "blue"]) for i in range(rows)]
        texts = {"town": towns, "x": kinds} if words else {}
        order = ["town", "size", "x", "year", "mass", "pay", "same"] if words else list(columns)
        target = 3 * columns["size"] - 0.5 * columns["year"] + 40 * np.array([kind == "red" for kind in kinds])
        return columns, texts, order, target

    def write(self, columns, texts, order, targets):
        cell = lambda x: x if isinstance(x, str) else "" if np.isnan(x) else repr(float(x))
        all_columns = {**columns, **texts, **targets}
        lines = [",".join([*order, *targets])]
        for row in range(len(next(iter(columns.values())))):
            lines.append(",".join(cell(all_columns[name][row]) for name in [*order, *targets]))
        file = self.folder / "table.csv"
        file.write_text("\n".join(lines) + "\n")
        return file

    def models(self, count, outputs):
        for _ in range(count):
            layers = []
            for _ in range(self.random.randint(1, 3)):
                layers.append(f"dense({self.random.choice([3, 8, 17])}{self.random.choice(['', ', bias=false'])})")
                layers.append(self.random.choice(["batch_norm", "batch_norm(affine=false)", "layer_norm", "layer_norm(affine=false)",
                                                  "rms_norm", "rms_norm(eps=1e-3)", "layer_norm(bias=false)", "dropout", "batch_norm(0.5, eps=0.1)"]))
                layers.append(self.random.choice(POINTWISE))
            if self.random.random() < 0.5:
                layers.append("residual(dense(6) | tanh, shortcut=dense(6)) | repeat(2, residual(dense(6) | relu))")
            yield " | ".join([*layers, f"dense({outputs})"])

    def feed(self, columns, texts, order, dtype=np.float64):
        feed = {"x": np.stack([columns[name] for name in order if name in columns], axis=1).astype(dtype)}
        for name, words in texts.items():
            feed["x_" if name == "x" else name] = np.array(words, dtype=object)
        return feed

    def test_regression_in_its_own_units(self):
        for words in (False, True):
            columns, texts, order, target = self.table(300, words)
            file = self.write(columns, texts, order, {"price": 1e5 + 2e4 * target})
            for i, model in enumerate(self.models(8, 1)):
                run = self.train(f"{words}{i}", f"csv({file}, target=price)", model)
                self.compare(run, self.feed(columns, texts, order), model, "--dtype", "float64")

    def test_values_stay_within_their_range(self):
        x = np.concatenate([self.numbers.normal(0, 1, (100, 2)), [[1e4, 0], [-1e4, 0], [0, 1e5]]]).astype(np.float32)
        y = np.stack([x[:, 0], 1e3 * x[:, 1] - x[:, 0]], axis=1)
        np.savez(self.folder / "near.npz", x=x[:100], y=y[:100], x_test=x, y_test=y)
        low, high = y[:100].min(0), y[:100].max(0)
        for clamp in ("true", "false"):
            run = self.train(clamp, f"npz({self.folder}/near.npz, clamp={clamp})", "dense(2)")
            self.compare(run, {"x": np.concatenate([x[:100], x])}, clamp)
            _, said = self.predicted(run)
            outside = np.any((said < low - 0.501 * (high - low)) | (said > high + 0.501 * (high - low)))
            self.assertEqual(outside, clamp == "false")

    def test_several_values(self):
        x = self.numbers.normal(5, 2, (150, 4)).astype(np.float32)
        np.savez(self.folder / "arrays.npz", x=x, y=np.stack([x.sum(1) * 1e6, x.prod(1) * 1e-6 - 3, x[:, 0]], axis=1))
        for i, model in enumerate(self.models(3, 3)):
            run = self.train(str(i), f"npz({self.folder}/arrays.npz)", model)
            self.compare(run, {"x": x}, model)

    def test_float_numbers_that_floats_hold(self):
        columns = {f"c{i}": self.numbers.integers(-2**20, 2**20, 200).astype(float) / 2**self.random.randint(0, 9) for i in range(6)}
        target = sum(columns.values())
        for scale in ("standard", "none"):
            file = self.write(columns, {}, list(columns), {"y": target})
            run = self.train(scale, f"csv({file}, target_scale={scale})", "dense(8) | tanh | dense(1)")
            session = self.compare(run, self.feed(columns, {}, list(columns), np.float32), scale)
            self.assertEqual([i.type for i in session.get_inputs()], ["tensor(float)"])

    def test_classes(self):
        columns, texts, order, target = self.table(400)
        kinds = np.array(["low", "mid", "high"])[np.digitize(target, np.quantile(target, [0.3, 0.7]))]
        file = self.write(columns, {**texts}, order, {"kind": list(kinds)})
        for loss in ("cross_entropy", "hinge", "multi_margin", "nll", "mse"):
            for i, model in enumerate(self.models(3, 3)):
                try:
                    run = self.train(f"{loss}{i}", f"csv({file}, target=kind)", model + (" | log_softmax" if loss == "nll" else ""), "--loss", loss)
                except AssertionError as error:
                    self.assertIn(loss, str(error))  # a loss that takes no such targets
                    continue
                self.compare(run, self.feed(columns, texts, order), f"{loss} {model}", "--dtype", "float64")

    def test_one_output_for_two_classes(self):
        columns, _, order, target = self.table(200, words=False)
        file = self.write(columns, {}, order, {"kind": ["yes" if x > np.median(target) else "no" for x in target]})
        for loss, end in (("bce", "dense(1)"), ("bce(logits=false)", "dense(1) | sigmoid"), ("hinge", "dense(1)"), ("cross_entropy", "dense(2)")):
            try:
                run = self.train(loss[:5] + end[-3:], f"csv({file})", "dense(5) | gelu | " + end, "--loss", loss)
            except AssertionError as error:
                self.assertIn("loss", str(error))
                continue
            self.compare(run, self.feed(columns, {}, order), loss, "--dtype", "float64")

    def test_variances_and_averages_and_named_checkpoints(self):
        columns, _, order, target = self.table(200, words=False)
        file = self.write(columns, {}, order, {"y": 1e4 * target})
        run = self.train("variances", f"csv({file})", "dense(5) | tanh | dense(2)", "--loss", "gaussian_nll")
        self.compare(run, self.feed(columns, {}, order), "gaussian_nll", "--dtype", "float64")
        run = self.train("average", f"csv({file})", "dense(5) | batch_norm | tanh | dense(1)", "--optimizer", "adam | lr(0.01) | average(decay=0.9)")
        self.compare(run, self.feed(columns, {}, order), "average", "--dtype", "float64")


class Images(Case):
    def layers(self, depth, shape):
        """Random layers for {channels, height, width}."""
        pick, r = self.random.choice, self.random.randint
        out = []
        for _ in range(depth):
            out.append(pick([
                f"conv2d({2 * r(1, 4)}, {pick([1, 2, 3, '[2, 3]'])}, padding={pick([0, 1, 'same', '[1, 0]'])}, stride={pick([1, 1, 2])})",
                f"conv2d(6, 3, padding=2, dilation={pick([1, 2])}, groups=2, bias={pick(['true', 'false'])})",
                f"depthwise_conv2d(3, padding=same, multiplier={r(1, 2)})"]))
            out.append(pick(["batch_norm", "group_norm(2)", "layer_norm(axes=3)", "rms_norm(axes=2)", "layer_norm", "group_norm(1, affine=false)", "batch_norm(affine=false)"]))
            out.append(pick(POINTWISE + ["softmax(0)", "softmax(1)", "log_softmax(-2)"]))
            out.append(pick(["max_pool(2, padding=1)", "avg_pool(2, padding=1)", "max_pool(3, stride=1, padding=same)", "avg_pool(3, stride=2, padding=1, count_padding=false)",
                             "avg_pool([1, 2], padding=same)", "max_pool(2, dilation=2, stride=1)", "max_pool(3, padding=[1, 0])", "dropout",
                             "residual(conv2d(8, 3, padding=1) | relu, shortcut=conv2d(8, 1)) | repeat(2, residual(depthwise_conv2d(3, padding=1) | relu))"]))
        return " | ".join(["conv2d(4, 3, padding=1)", *out, pick(["global_pool", "global_pool(max)", "flatten", "flatten | layer_norm"])])

    def test_random_networks_of_images(self):
        for i in range(24):
            channels, size = self.random.choice([1, 3]), (self.random.randint(11, 16), self.random.randint(11, 16))
            images = self.numbers.integers(0, 256, (90, *((channels, *size))), dtype=np.uint8)
            folder = self.folder / f"pictures{i}"
            for k in range(90):
                (folder / f"class{k % 3}").mkdir(parents=True, exist_ok=True)
                pixels = images[k].transpose(1, 2, 0) if channels == 3 else images[k, 0]
                png(folder / f"class{k % 3}" / f"{k:03}.png", np.ascontiguousarray(pixels))
            model = self.layers(self.random.randint(1, 2), (channels, *size)) + " | dense(3)"
            scale = self.random.choice(["standard", "unit", "none"])
            try:
                run = self.train(f"run{i}", f"images({folder}, scale={scale})", model)
            except AssertionError as error:
                if "larger than" in str(error) or "groups" in str(error) or "not finite" in str(error):
                    continue  # a network that does not fit, or diverges
                raise
            order = np.concatenate([np.arange(90)[k::3] for k in range(3)])
            session = self.compare(run, {"x": images[order].astype(np.float32)}, f"{scale} {model}")
            self.assertEqual(session.get_inputs()[0].shape, ["rows", channels, *size])

    def test_lines_by_conv1d(self):
        x = self.numbers.normal(3, 2, (120, 2, 20)).astype(np.float32)
        np.save(self.folder / "x.npy", x.reshape(120, 40))
        np.save(self.folder / "y.npy", self.numbers.integers(0, 3, 120))
        for i, model in enumerate((
                "conv1d(6, 3, padding=same, dilation=2) | relu | max_pool1d(2, padding=1) | conv1d(4, 3, groups=2, stride=2) | avg_pool1d(2) | flatten",
                "conv1d(6, 5) | group_norm(3) | gelu | avg_pool1d(3, stride=2, padding=1) | global_pool",
                "conv1d(3, 2) | batch_norm | elu | max_pool1d(4, stride=1, dilation=2) | layer_norm(2) | flatten")):
            run = self.train(f"line{i}", f"npy({self.folder}/x.npy, targets={self.folder}/y.npy)", f"reshape([2, 20]) | {model} | dense(3)")
            self.compare(run, {"x": x.reshape(120, 40)}, model)

    def test_digits_whatever_the_first_layer_takes(self):
        pixels = None
        for model in ("dense(32) | relu | dense(10)", "conv2d(8, 3, padding=1) | relu | max_pool(2) | flatten | dense(10)"):
            run = self.train(model[:4], "digits", model)
            if pixels is None:
                from gzip import decompress
                text = decompress((Path(__file__).resolve().parents[2] / "src/learn/data/digits.csv.gz").read_bytes()).decode()
                pixels = np.array([line.split(",")[:64] for line in text.splitlines()], dtype=np.float32).reshape(-1, 1, 8, 8)
            self.compare(run, {"x": pixels}, model)


class Weights(Case):
    def test_safetensors_are_what_torch_takes(self):
        try:
            import torch
            from safetensors.torch import load_file
        except ImportError:
            self.skipTest("torch and safetensors are not installed")
        run = self.train("torch", "digits", "conv2d(6, 3, padding=1) | batch_norm | relu | conv2d(8, 3, groups=2) | relu | flatten | dense(10)")
        thalweg("export", run, "--format", "safetensors", "--out", self.folder / "model.safetensors")
        weights = load_file(self.folder / "model.safetensors")
        net = torch.nn.Sequential(torch.nn.Conv2d(1, 6, 3, padding=1), torch.nn.BatchNorm2d(6), torch.nn.ReLU(), torch.nn.Conv2d(6, 8, 3, groups=2),
                                  torch.nn.ReLU(), torch.nn.Flatten(), torch.nn.Linear(288, 10)).eval()
        places = {"conv2d1": 0, "batch_norm1": 1, "conv2d2": 3, "dense1": 6}
        state = {f"{places[name.split('.')[0]]}.{name.split('.')[1]}": value for name, value in weights.items()}
        net.load_state_dict({**state, "1.num_batches_tracked": torch.tensor(0)})
        images = torch.rand(20, 1, 8, 8)
        session = self.graph(run)
        want = session.run(None, {"x": 16 * images.numpy()})[0]
        np.testing.assert_allclose(torch.softmax(net(images), 1).detach().numpy(), want, rtol=1e-4, atol=1e-6)


if __name__ == "__main__":
    unittest.main()
