"""thalweg.torch.Optimizer.from_torch beside torch's own optimizers: the same numbers, the same state."""

import unittest

try:
    import torch
except ImportError as error:
    raise unittest.SkipTest(f"torch is not here: {error}") from None

import thalweg
import thalweg.torch
from torch_cases import CLASSES, Training, apart, groups_of, network

SEEDS = 3
CLOSE = 2e-6
# Of the value and the largest update of its tensor, in one step from the same state: a few units in the last place;
# centered RMSprop takes a small difference of large numbers.
SINGLE = 1e-6


def of_torch(training: Training) -> Training:
    training.optimizer = thalweg.torch.Optimizer.from_torch(training.optimizer)
    return training


def driven_like(theirs: Training, ours: Training) -> None:
    """What was trained by torch goes on here: the schedule too."""
    groups = [dict(group) for group in ours.optimizer.param_groups]
    of_torch(ours).drive()
    ours.schedule.load_state_dict(theirs.schedule.state_dict())
    for group, kept in zip(ours.optimizer.param_groups, groups):
        group.update({key: value for key, value in kept.items() if key != "params"})


class Double(unittest.TestCase):
    """Scalars of torch's state are of its default type; in single precision they would be what differs."""

    def setUp(self):
        self.addCleanup(torch.set_default_dtype, torch.get_default_dtype())
        torch.set_default_dtype(torch.float64)

    def test_trains_as_torch_does(self):
        for name in CLASSES:
            for seed in range(SEEDS):
                with self.subTest(name=name, seed=seed):
                    theirs, ours = Training(name, seed).drive(), of_torch(Training(name, seed)).drive()
                    for _ in range(200):
                        theirs.step()
                        ours.step()
                    self.assertLessEqual(apart(ours.values(), theirs.values()), CLOSE, str(theirs.flags))

    def test_goes_on_from_torchs_state(self):
        for name in CLASSES:
            for seed in range(SEEDS):
                with self.subTest(name=name, seed=seed):
                    theirs, ours = Training(name, seed).drive(), Training(name, seed).drive()
                    for k in range(60):
                        if k == 20:
                            driven_like(theirs, ours)
                        theirs.step()
                        ours.step()
                    self.assertLessEqual(apart(ours.values(), theirs.values()), CLOSE, str(theirs.flags))

    def test_torch_goes_on_from_our_state(self):
        for name in CLASSES:
            for seed in range(SEEDS):
                with self.subTest(name=name, seed=seed):
                    theirs, ours, ended = Training(name, seed), of_torch(Training(name, seed)), Training(name, seed)
                    for _ in range(20):
                        theirs.step()
                        ours.step()
                    ended.optimizer.load_state_dict(ours.optimizer.state_dict())
                    ended.model.load_state_dict(ours.model.state_dict())
                    ended.done = ours.done
                    for _ in range(20):
                        theirs.step()
                        ended.step()
                    self.assertLessEqual(apart(ended.values(), theirs.values()), CLOSE, str(theirs.flags))

    def test_resumes_bit_for_bit(self):
        for name in CLASSES:
            for seed in range(SEEDS):
                with self.subTest(name=name, seed=seed):
                    whole, resumed = of_torch(Training(name, seed)), of_torch(Training(name, seed))
                    for _ in range(20):
                        whole.step()
                    resumed.model.load_state_dict(whole.model.state_dict())
                    resumed.optimizer.load_state_dict(whole.optimizer.state_dict())
                    resumed.done = whole.done
                    for _ in range(20):
                        whole.step()
                        resumed.step()
                    self.assertEqual(apart(resumed.values(), whole.values()), 0.0)

    def test_state_is_called_as_in_torch(self):
        for name in CLASSES:
            with self.subTest(name=name):
                theirs, ours = Training(name, 1), of_torch(Training(name, 1))
                for training in (theirs, ours):
                    for _ in range(5):
                        training.step()
                theirs_saved, ours_saved = (one.optimizer.state_dict() for one in (theirs, ours))
                kept = {i: {key: value for key, value in one.items() if value is not None}
                        for i, one in theirs_saved["state"].items()}
                kept = {i: one for i, one in kept.items() if one}
                self.assertEqual(set(ours_saved["state"]), set(kept))
                for i, one in kept.items():
                    self.assertEqual(set(ours_saved["state"][i]), set(one))
                    for key, value in one.items():
                        torch.testing.assert_close(torch.as_tensor(ours_saved["state"][i][key], dtype=torch.float64),
                                                   torch.as_tensor(value, dtype=torch.float64), rtol=1e-6, atol=1e-12)
                self.assertEqual(ours_saved["param_groups"], theirs_saved["param_groups"])


class Single(unittest.TestCase):
    def test_one_step_from_torchs_state(self):
        for name in CLASSES:
            for seed in range(SEEDS):
                with self.subTest(name=name, seed=seed):
                    theirs, ours = (Training(name, seed, torch.float32) for _ in range(2))
                    for _ in range(5):
                        for _ in range(4):
                            theirs.step()
                        ours.model.load_state_dict(theirs.model.state_dict())
                        taken = getattr(torch.optim, name)(groups_of(ours.model, ours.flags, seed), **ours.flags)
                        taken.load_state_dict(theirs.optimizer.state_dict())
                        ours.optimizer, ours.done = thalweg.torch.Optimizer.from_torch(taken), theirs.done
                        before = theirs.values()
                        theirs.step()
                        ours.step()
                        for got, want, old in zip(ours.values(), theirs.values(), before):
                            scale = want.abs() + (want - old).abs().max()
                            self.assertLessEqual(float(((got - want).abs() / scale).max()), SINGLE, str(theirs.flags))


class Taken(unittest.TestCase):
    """What from_torch takes, and what it refuses."""

    def setUp(self):
        self.model = network(torch.float32, 1)

    def refused(self, optimizer, said: str):
        with self.assertRaises(thalweg.UsageError) as caught:
            thalweg.torch.Optimizer.from_torch(optimizer)
        self.assertIn(said, str(caught.exception))

    def test_groups_become_one_chain(self):
        weights = [self.model[0].weight, self.model[3].weight]
        others = [tensor for tensor in self.model.parameters() if tensor.dim() < 2]
        made = thalweg.torch.Optimizer.from_torch(torch.optim.AdamW(
            [{"params": weights}, {"params": others, "weight_decay": 0.0, "lr": 0.5}], lr=0.25, weight_decay=0.125))
        self.assertEqual(made.chain.count("adam("), 2)
        self.assertIn('lr(0.25, on=["p0", "p1"]) | adam(', made.chain)
        self.assertIn('decay(0, on=["p2", "p3", "p4", "p5"]) | lr(0.5, on=["p2", "p3", "p4", "p5"])', made.chain)

    def test_flags_become_transforms(self):
        made = thalweg.torch.Optimizer.from_torch(torch.optim.SGD(
            self.model.parameters(), lr=0.5, momentum=0.75, nesterov=True, weight_decay=0.25, maximize=True))
        self.assertEqual(made.chain, "maximize | decay(0.25) | momentum(0.75, nesterov=true, dialect=torch) | lr(0.5)")

    def test_names_come_from_a_model(self):
        made = thalweg.torch.Optimizer.from_torch(torch.optim.SGD(self.model.parameters(), lr=0.5), model=self.model)
        self.assertIn("0.weight", made.explain())

    def test_refuses_classes_without_a_chain(self):
        self.refused(torch.optim.LBFGS(self.model.parameters()), "LBFGS; want one of SGD, Adam")
        self.refused(torch.optim.SparseAdam(self.model.parameters()), "SparseAdam")

    def test_refuses_derived_classes(self):
        class Own(torch.optim.SGD):
            """It may do anything."""

        self.refused(Own(self.model.parameters(), lr=0.1), "not one of torch's own optimizers")

    def test_refuses_flags_of_graphs(self):
        self.refused(torch.optim.Adam(self.model.parameters(), capturable=True), "capturable")
        if "differentiable" in torch.optim.Adam(self.model.parameters()).defaults:
            self.refused(torch.optim.Adam(self.model.parameters(), differentiable=True), "differentiable")

    def test_refuses_half_an_update(self):
        self.refused(torch.optim.ASGD(self.model.parameters(), t0=0.5), "t0 of ASGD")

    def test_ignores_how_torch_loops(self):
        made = thalweg.torch.Optimizer.from_torch(torch.optim.Adam(self.model.parameters(), foreach=True))
        self.assertIs(made.param_groups[0]["foreach"], True)

    def test_says_what_cannot_change(self):
        made = thalweg.torch.Optimizer.from_torch(torch.optim.SGD(self.model.parameters(), lr=0.5))
        made.param_groups[0]["momentum"] = 0.5
        with self.assertRaisesRegex(thalweg.UsageError, "momentum cannot change"):
            made.step()
        made.param_groups[0]["momentum"] = 0.0
        made.param_groups[0]["maximize"] = True
        with self.assertRaisesRegex(thalweg.UsageError, "maximize decides how the chain runs"):
            made.step()

    def test_loading_takes_flags_over(self):
        plain = thalweg.torch.Optimizer.from_torch(torch.optim.Adam(self.model.parameters()))
        plain.load_state_dict(torch.optim.Adam(self.model.parameters(), amsgrad=True).state_dict())
        self.assertIn("amsgrad=true", plain.chain)

    def test_a_wrong_state_changes_nothing(self):
        made = thalweg.torch.Optimizer.from_torch(torch.optim.SGD(self.model.parameters(), lr=0.5, momentum=0.5))
        self.model(torch.ones(1, 5)).sum().backward()
        made.step()
        wrong = made.state_dict()
        wrong["param_groups"][0]["lr"] = 0.25
        wrong["state"][0] = {"momentum_buffer": torch.zeros(3)}
        before = made.state[self.model[0].weight]["momentum_buffer"].clone()
        with self.assertRaisesRegex(thalweg.UsageError, "momentum_buffer of its state does not fit"):
            made.load_state_dict(wrong)
        self.assertEqual(made.param_groups[0]["lr"], 0.5)
        self.assertTrue(torch.equal(made.state[self.model[0].weight]["momentum_buffer"], before))


if __name__ == "__main__":
    unittest.main()
