"""thalweg.torch.Optimizer and gradients: absent, shared, with gaps, replaced, of other kinds than it takes."""

import unittest

try:
    import torch
except ImportError as error:
    raise unittest.SkipTest(f"torch is not here: {error}") from None

from test_torch_use import Case, nn, parameter
from thalweg.torch import Optimizer


class Gradients(Case):
    def test_gradients_that_are_views_of_conjugates_have_their_sign(self):
        a, b = nn.Parameter(torch.tensor(1.0)), nn.Parameter(torch.tensor(2.0))
        optimizer = Optimizer([a, b], "lr(0.1)")
        z = torch.complex(a, b).conj()
        (z * z).abs().backward()
        optimizer.step()
        self.assertAlmostEqual(b.item(), 1.6, places=6)

    def test_graphs_of_parameters_that_were_not_moved_stay_good(self):
        a, b = parameter(1.0), parameter(2.0)
        optimizer = Optimizer([a, b], "lr(0.1)")
        first, second = a.square().sum(), b.square().sum()
        first.backward()
        optimizer.step()
        optimizer.zero_grad()
        second.backward()
        self.assertEqual(b.grad.tolist(), [4.0])

    def test_small_gradients_that_become_others_are_looked_at_again(self):
        w = parameter(0.0, 0.0)
        optimizer = Optimizer([w], "lr(1)")
        w.grad = torch.ones(2)
        optimizer.step()
        w.grad.data = torch.tensor([2.0, 3.0])
        optimizer.step()
        w.grad = torch.arange(4.0)[::2]  # with gaps
        optimizer.step()
        self.assertEqual(w.tolist(), [-3.0, -6.0])

    def test_groups_that_were_edited_by_hand_are_refused(self):
        a, b = parameter(0.0), parameter(0.0)
        optimizer = Optimizer([a, b], "lr(1)")
        optimizer.param_groups[0]["params"].pop()
        self.refused("changed by hand", optimizer.step)

    def test_a_rate_that_is_no_number_is_refused(self):
        w = parameter(0.0)
        optimizer = Optimizer([w], "lr(1)")
        optimizer.param_groups[0]["lr"] = float("nan")
        self.refused("not a number", optimizer.step)

    def test_tensors_may_move_while_they_hold_averages(self):
        w = parameter(1.0)
        optimizer = Optimizer([w], "lr(1) | average(decay=0.5)")
        w.grad = torch.ones(1)
        optimizer.step()
        trained = w.item()
        with optimizer.averaged():
            w.data = w.data.clone()
            self.refused("hold averages", lambda: optimizer.add_param_group({"params": [parameter(0.0)]}))
        self.assertEqual(w.item(), trained)

    def test_none_is_absent(self):
        a, b = parameter(1.0), parameter(1.0)
        optimizer = Optimizer([a, b], "decay(0.5) | lr(1)")
        a.grad = torch.zeros(1)
        optimizer.step()
        self.assertEqual((a.item(), b.item()), (0.5, 1.0))

    def test_what_no_longer_requires_one_is_absent(self):
        a, b = parameter(1.0), parameter(1.0)
        optimizer = Optimizer([a, b], "lr(1)")
        a.grad, b.grad = torch.ones(1), torch.ones(1)
        a.requires_grad_(False)
        optimizer.step()
        self.assertEqual((a.item(), b.item()), (1.0, 0.0))
        a.requires_grad_(True)
        optimizer.step()
        self.assertEqual((a.item(), b.item()), (0.0, -1.0))

    def test_plain_tensors_are_moved(self):
        w = torch.ones(2)
        w.grad = torch.ones(2)
        Optimizer([w], "lr(1)").step()
        self.assertEqual(w.tolist(), [0.0, 0.0])

    def test_gaps_and_sharing_are_as_in_torch(self):
        a, b = nn.Parameter(torch.zeros(2, 3)), nn.Parameter(torch.zeros(2, 3))
        optimizer = Optimizer([a, b, parameter(1.0), parameter(1.0)], "lr(1)")
        for _ in range(2):
            a.grad = torch.arange(6.0).reshape(3, 2).t()
            b.grad = torch.ones(1).expand(2, 3)
            optimizer.step()
        self.assertTrue(torch.equal(a, -2 * torch.arange(6.0).reshape(3, 2).t()))
        self.assertTrue(torch.equal(b, torch.full((2, 3), -2.0)))
        a.grad = b.grad = torch.ones(2, 3)
        optimizer.step()
        self.assertTrue(torch.equal(b, torch.full((2, 3), -3.0)))

    def test_sparse_ones_are_refused(self):
        table = nn.Embedding(4, 2, sparse=True)
        optimizer = Optimizer(table, "lr(1)")
        table(torch.tensor([1])).sum().backward()
        self.refused("`weight.grad`.*sparse=False", optimizer.step)

    def test_zero_grad(self):
        w = parameter(1.0)
        optimizer = Optimizer([w], "momentum(0.5) | lr(1)")
        w.grad = torch.ones(1)
        optimizer.zero_grad(set_to_none=False)
        self.assertEqual(w.grad.item(), 0.0)
        optimizer.zero_grad(set_to_none=True)
        self.assertIsNone(w.grad)

    @unittest.skipUnless(hasattr(torch.autograd.graph, "increment_version"), "autograd cannot be told")
    def test_autograd_knows_that_values_changed(self):
        w = parameter(1.0, 2.0)
        loss = (w * w).sum()
        w.grad = torch.ones(2)
        Optimizer([w], "lr(1)").step()
        self.refused("modified by an inplace operation", loss.backward, RuntimeError)


if __name__ == "__main__":
    unittest.main()
