"""thalweg.torch.Optimizer over a process group: processes of torch.distributed with gloo, on this machine."""

import copy
import math
import os
import pickle
import tempfile
import unittest
import warnings

try:
    import torch
    import torch.distributed as dist
    import torch.multiprocessing as processes
except ImportError as error:
    raise unittest.SkipTest(f"torch is not here: {error}") from None
if not dist.is_available() or not getattr(dist, "is_gloo_available", lambda: True)():
    raise unittest.SkipTest("torch has no gloo here")

import thalweg
from thalweg.torch import Optimizer

nn = torch.nn
CHAIN = "clip_norm(0.01) | adamw(lr=0.01)"


def model(seed: int) -> nn.Module:
    torch.manual_seed(seed)
    return nn.Sequential(nn.Linear(160, 800), nn.ReLU(), nn.Linear(800, 10))


def backward(net: nn.Module, rank: int, step: int) -> None:
    """The gradient of a rank's own samples."""
    torch.manual_seed(1000 * step + rank)
    inputs = torch.randn(8, 160)
    net.zero_grad()
    net(inputs).square().mean().backward()


def mean_of_ranks(net: nn.Module, ranks: int, step: int) -> None:
    """In the gradients of `net` the means of what the ranks would have: in the tree of halves, then times 1/n."""

    def added(parts: list) -> torch.Tensor:
        half = (len(parts) + 1) // 2
        return parts[0] if len(parts) == 1 else added(parts[:half]) + added(parts[half:])

    parts = []
    for rank in range(ranks):
        backward(net, rank, step)
        parts.append([one.grad.clone() for one in net.parameters()])
    for i, one in enumerate(net.parameters()):
        one.grad = (added([part[i] for part in parts]).double() * (1 / ranks)).float()


def equal(a: nn.Module, b: nn.Module) -> bool:
    return all(torch.equal(x, y) for x, y in zip(a.parameters(), b.parameters()))


class OnRanks(unittest.TestCase):
    """What each process runs: every test on all of them at once."""

    def setUp(self):
        self.rank, self.size = dist.get_rank(), dist.get_world_size()
        dist.barrier()

    def ours(self, seed: int = 0, chain: str = CHAIN, **options):
        net = model(seed + self.rank)
        return net, Optimizer(net.named_parameters(), chain, threads=1, process_group=None, **options)

    def theirs(self, chain: str = CHAIN):
        """One process, that has what all ranks have."""
        net = model(0)
        return net, Optimizer(net.named_parameters(), chain, threads=1)

    def steps(self, ours, theirs, begin: int = 0, end: int = 3):
        for step in range(begin, end):
            backward(ours[0], self.rank, step)
            ours[1].step()
            mean_of_ranks(theirs[0], self.size, step)
            theirs[1].step()
            self.assertTrue(equal(ours[0], theirs[0]), f"step {step}")

    def test_a_step_is_that_of_one_process_by_the_mean(self):
        for chain in (CHAIN, "adam(lr=0.01) | average(decay=0.5)", "normalize | momentum(0.9) | lr(cosine(0.1, total=9))"):
            ours, theirs = self.ours(chain=chain), self.theirs(chain)
            self.steps(ours, theirs)
            share = ours[1].state_bytes / theirs[1].state_bytes
            self.assertAlmostEqual(share, 1 / self.size, delta=0.04)
            with ours[1].averaged(), theirs[1].averaged():
                self.assertTrue(equal(ours[0], theirs[0]))

    def test_whole_state_has_the_same_bits(self):
        ours, theirs = self.ours(whole_state=True), self.theirs()
        self.steps(ours, theirs)
        self.assertEqual(ours[1].state_bytes, theirs[1].state_bytes)
        self.assertEqual(len(ours[1].state_dict()["state"]), 4)

    def test_the_mean_is_what_loops_of_torch_have(self):
        """Against torch's own AdamW on gradients that torch has summed."""
        net, optimizer = self.ours(chain="adamw(lr=0.01, dialect=torch)")
        other = model(0)
        theirs = torch.optim.AdamW(other.parameters(), lr=0.01)
        for step in range(5):
            backward(net, self.rank, step)
            optimizer.step()
            backward(other, self.rank, step)
            for one in other.parameters():
                dist.all_reduce(one.grad)
                one.grad /= self.size
            theirs.step()
            for a, b in zip(net.parameters(), other.parameters()):
                torch.testing.assert_close(a, b, rtol=1e-4, atol=1e-5)

    def test_state_is_consolidated_saved_and_taken_up(self):
        ours, theirs = self.ours(), self.theirs()
        self.steps(ours, theirs)
        with self.assertRaisesRegex(thalweg.UsageError, "consolidate_state_dict"):
            ours[1].state_dict()
        last = self.size - 1
        ours[1].consolidate_state_dict(to=last)
        saved = [None]
        if self.rank == last:
            saved = [ours[1].state_dict()]
            wanted = theirs[1].state_dict()["state"]
            self.assertEqual(saved[0]["state"].keys(), wanted.keys())
            for i, one in saved[0]["state"].items():
                self.assertEqual(one.keys(), wanted[i].keys())
                for key, value in one.items():
                    self.assertTrue(torch.equal(value, wanted[i][key]), key)
        else:
            with self.assertRaisesRegex(thalweg.UsageError, "other ranks hold"):
                ours[1].state_dict()
        dist.broadcast_object_list(saved, src=last)
        again = model(7)
        again.load_state_dict(ours[0].state_dict())
        resumed = Optimizer(again.named_parameters(), CHAIN, threads=1, process_group=dist.group.WORLD)
        resumed.load_state_dict(saved[0])
        self.assertEqual(resumed.updates, 3)
        self.steps((again, resumed), theirs, 3, 5)
        with self.assertRaisesRegex(thalweg.UsageError, "consolidate_state_dict"):
            resumed.state_dict()

    def test_torchs_own_optimizers_go_on(self):
        net, other = model(0), model(0)
        theirs = torch.optim.AdamW(other.parameters(), lr=0.01)
        mean_of_ranks(other, self.size, 0)
        theirs.step()
        net.load_state_dict(other.state_dict())
        begun = torch.optim.AdamW(net.parameters(), lr=0.01)
        begun.load_state_dict(copy.deepcopy(theirs.state_dict()))
        optimizer = Optimizer.from_torch(begun, process_group=None)
        rates = torch.optim.lr_scheduler.ExponentialLR(optimizer, 0.5)
        their_rates = torch.optim.lr_scheduler.ExponentialLR(theirs, 0.5)
        for step in range(1, 4):
            backward(net, self.rank, step)
            optimizer.step()
            rates.step()
            mean_of_ranks(other, self.size, step)
            theirs.step()
            their_rates.step()
            for a, b in zip(net.parameters(), other.parameters()):
                torch.testing.assert_close(a, b, rtol=1e-5, atol=1e-7)

    def test_groups_are_added(self):
        both = (model(0), model(0))
        made = [Optimizer(both[0][0].parameters(), CHAIN, threads=1, process_group=None),
                Optimizer(both[1][0].parameters(), CHAIN, threads=1)]
        self.steps((both[0], made[0]), (both[1], made[1]), 0, 2)
        for net, optimizer in zip(both, made):
            optimizer.add_param_group({"params": list(net[2].parameters())})
        self.steps((both[0], made[0]), (both[1], made[1]), 2, 4)

    def test_gradients_that_were_averaged_before_are_taken_as_they_are(self):
        """The mean of equal gradients: a model in DistributedDataParallel."""
        net, other = model(0), model(0)
        wrapped, plain = nn.parallel.DistributedDataParallel(net), nn.parallel.DistributedDataParallel(other)
        ours = Optimizer(wrapped.parameters(), CHAIN, threads=1, process_group=None)
        theirs = Optimizer(plain.parameters(), CHAIN, threads=1)
        for step in range(3):
            for one, optimizer in ((wrapped, ours), (plain, theirs)):
                backward(one, self.rank, step)
                optimizer.step()
        if self.size == 2:  # of which halves are exact
            self.assertTrue(equal(net, other))
        for a, b in zip(net.parameters(), other.parameters()):
            torch.testing.assert_close(a, b, rtol=1e-5, atol=1e-6)

    def test_some_ranks_are_a_group(self):
        last = dist.new_group([self.size - 1], backend="gloo")
        net = model(0)
        if self.rank != self.size - 1:
            with self.assertRaisesRegex(thalweg.UsageError, "this process is not in it"):
                Optimizer(net.parameters(), CHAIN, process_group=last)
            return
        other = model(0)
        ours = Optimizer(net.parameters(), CHAIN, process_group=last)
        theirs = Optimizer(other.parameters(), CHAIN)
        for step in range(2):
            for one, optimizer in ((net, ours), (other, theirs)):
                backward(one, 0, step)
                optimizer.step()
        self.assertTrue(equal(net, other))
        self.assertEqual(ours.state_bytes, theirs.state_bytes)

    def test_what_cannot_be_is_said(self):
        net, optimizer = self.ours()
        for other in (copy.deepcopy, pickle.dumps):
            with self.assertRaisesRegex(TypeError, "process group"):
                other(optimizer)
        backward(net, self.rank, 0)
        before = copy.deepcopy(net)
        if self.rank == 1:
            net[0].bias.grad = None
        with self.assertRaisesRegex(thalweg.UsageError, "0.bias: it has a gradient on some ranks alone"):
            optimizer.step()
        self.assertTrue(equal(net, before))
        with self.assertRaisesRegex(thalweg.UsageError, "it was not given what rank 0 was"):
            Optimizer(model(0).parameters(), f"sgd(lr={self.rank + 1})", process_group=None)
        first, second = list(model(0).parameters())[0::2]
        swapped = Optimizer([first, second], "sgd(lr=1)", process_group=None)
        first.data, second.data = torch.zeros(800, 160), torch.zeros(10, 800)
        first.grad, second.grad = torch.ones(800, 160), torch.ones(10, 800)
        swapped.step()  # elsewhere, one by one
        self.assertEqual((first.min().item(), second.max().item()), (-1, -1))

    def test_z_a_rank_that_goes_is_named(self):
        """The last of all: nothing can be said over this group any more."""
        net, optimizer = self.ours()
        if self.rank == 1:
            os._exit(0)
        backward(net, self.rank, 0)
        with self.assertRaisesRegex(thalweg.Error, "comm: its function `[a-z]+` failed.* rank 1 on "):
            for _ in range(3):
                optimizer.step()


def run(rank: int, ranks: int, folder: str) -> None:
    os.environ["GLOO_SOCKET_IFNAME"] = "lo"
    warnings.simplefilter("ignore")
    torch.set_num_threads(1)
    dist.init_process_group("gloo", init_method=f"file://{folder}/meeting", rank=rank, world_size=ranks)
    tests = unittest.defaultTestLoader.loadTestsFromTestCase(OnRanks)
    result = unittest.TestResult()
    result.failfast = True
    tests.run(result)
    said = [f"{test}: {why}" for test, why in result.failures + result.errors]
    with open(f"{folder}/rank{rank}", "w", encoding="utf-8") as file:
        file.write("\n".join(said) or f"{result.testsRun} tests")
    os._exit(0)  # the others of a group that lacks a rank are not waited for


class Ranks(unittest.TestCase):
    maxDiff = None

    def on_ranks(self, ranks: int):
        with tempfile.TemporaryDirectory() as folder:
            processes.spawn(run, (ranks, folder), ranks)
            said = {}
            for rank in range(ranks):
                path = f"{folder}/rank{rank}"
                said[rank] = open(path, encoding="utf-8").read() if os.path.exists(path) else "nothing"
        count = len(unittest.defaultTestLoader.getTestCaseNames(OnRanks))
        self.assertEqual(said, {rank: "nothing" if rank == 1 else f"{count} tests" for rank in range(ranks)})

    def test_two(self):
        self.on_ranks(2)

    def test_three(self):
        self.on_ranks(3)

    def test_a_group_needs_a_beginning(self):
        with self.assertRaisesRegex(thalweg.UsageError, "init_process_group"):
            Optimizer(model(0).parameters(), CHAIN, process_group=None)

    def test_one_process_has_all(self):
        net = model(0)
        optimizer = Optimizer(net.parameters(), CHAIN)
        backward(net, 0, 0)
        optimizer.step()
        optimizer.consolidate_state_dict()
        self.assertTrue(math.isfinite(optimizer.state_dict()["state"][0]["adam.m"].sum()))


def load_tests(loader, _tests, _pattern):
    return loader.loadTestsFromTestCase(Ranks)


if __name__ == "__main__":
    unittest.main()
