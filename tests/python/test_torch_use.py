"""thalweg.torch.Optimizer where torch.optim stands: groups, schedulers, hooks, saving, parameters that move."""

import copy
import io
import pickle
import unittest
import warnings

try:
    import torch
except ImportError as error:
    raise unittest.SkipTest(f"torch is not here: {error}") from None

import thalweg
from thalweg.torch import Optimizer
from torch_cases import NEW, network

nn, schedulers = torch.nn, torch.optim.lr_scheduler


def parameter(*values, dtype=torch.float32) -> nn.Parameter:
    return nn.Parameter(torch.tensor(values, dtype=dtype))


def descend(optimizer, model, steps: int = 1) -> None:
    torch.manual_seed(7)
    inputs = torch.randn(8, 5, dtype=next(model.parameters()).dtype)
    for _ in range(steps):
        optimizer.zero_grad()
        model(inputs).square().mean().backward()
        optimizer.step()


class Case(unittest.TestCase):
    def refused(self, said: str, call, kind=thalweg.UsageError):
        with self.assertRaisesRegex(kind, said):
            call()

    def same(self, ours, theirs):
        for a, b in zip(ours.parameters(), theirs.parameters()):
            self.assertTrue(torch.equal(a, b))


class Made(Case):
    def test_steps_in_place(self):
        w = parameter(1.0, 2.0)
        optimizer = Optimizer([w], "lr(0.5)")
        w.grad = torch.tensor([1.0, -1.0])
        self.assertIsNone(optimizer.step())
        self.assertEqual(w.tolist(), [0.5, 2.5])
        self.assertEqual((optimizer.updates, optimizer.report.lr), (1, 0.5))
        self.assertIsInstance(optimizer, torch.optim.Optimizer)

    def test_names_are_what_on_selects(self):
        model = network(torch.float32, 1)
        optimizer = Optimizer(model.named_parameters(), 'lr(0.5, on="0.*") | lr(0.25, on=rest)')
        before = [tensor.detach().clone() for tensor in model.parameters()]
        for tensor in model.parameters():
            tensor.grad = torch.ones_like(tensor)
        optimizer.step()
        moved = [float((old - new).max()) for old, new in zip(before, model.parameters())]
        for got, want in zip(moved, [0.5, 0.5, 0.25, 0.25, 0.25, 0.25]):
            self.assertAlmostEqual(got, want, places=6)

    def test_roles_come_from_names_and_from_the_model(self):
        model = nn.Sequential(nn.Embedding(3, 2), nn.LayerNorm(2), nn.Linear(2, 2))
        chain = "lr(1, on=embedding) | lr(2, on=norm) | lr(4, on=bias) | lr(8, on=weight)"
        for given, want in ((model, [1, 2, 4, 8, 4]), (model.named_parameters(), [8, None, 4, 8, 4])):
            if None in want:
                self.refused("1.weight", lambda given=given: Optimizer(given, chain))
                continue
            optimizer = Optimizer(given, chain)
            before = [tensor.detach().clone() for tensor in model.parameters()]
            for tensor in model.parameters():
                tensor.grad = torch.ones_like(tensor)
            optimizer.step()
            self.assertEqual([round(float((old - new).max())) for old, new in zip(before, model.parameters())], want)

    def test_refuses_by_name_what_it_cannot_move(self):
        for tensor, said in ((torch.zeros(2, dtype=torch.complex64), "complex"), (torch.zeros(2, dtype=torch.float16), "float16"),
                             (torch.zeros(2, 3).t(), "follow each other"), (torch.zeros(2, device="meta"), "memory"),
                             (torch.zeros(2, 2).to_sparse(), "layout")):
            with self.subTest(said):
                self.refused(f"`w`.*{said}", lambda tensor=tensor: Optimizer([("w", tensor)], "lr(1)"))
        self.refused("run the model once", lambda: Optimizer(nn.LazyLinear(2), "lr(1)"))
        self.refused("not a list", lambda: Optimizer(parameter(1.0), "lr(1)"), TypeError)
        self.refused("empty", lambda: Optimizer([], "lr(1)"), ValueError)

    def test_errors_of_a_chain_are_the_librarys(self):
        self.refused("adam", lambda: Optimizer([parameter(1.0)], "adm | lr(1)"))
        self.refused("zz", lambda: Optimizer([parameter(1.0)], 'lr(1, on="zz*")'))


class Numbers(Case):
    def test_schedulers_set_the_rate(self):
        w = parameter(0.0)
        optimizer = Optimizer([w], "lr(1)")
        scheduler = schedulers.StepLR(optimizer, 1, gamma=0.5)
        w.grad = torch.ones(1)
        for want in (-1.0, -1.5, -1.75):
            optimizer.step()
            scheduler.step()
            self.assertEqual(w.item(), want)

    def test_one_cycle_sets_betas_and_momentum(self):
        for chain, option in (("adam(lr=0.1)", "betas"), ("sgd(lr=0.1, momentum=0.9)", "momentum")):
            optimizer = Optimizer([parameter(1.0)], chain)
            schedulers.OneCycleLR(optimizer, 0.1, total_steps=10)
            value = optimizer.param_groups[0][option]
            self.assertEqual(value[0] if option == "betas" else value, 0.95)
            optimizer.step()

    def test_groups_have_numbers_of_their_own(self):
        a, b = parameter(1.0), parameter(1.0)
        optimizer = Optimizer([{"params": [("a", a)]}, {"params": [("b", b)], "lr": 0.25, "weight_decay": 0.0}],
                              "decay(0.5) | lr(0.5)")
        a.grad, b.grad = torch.ones(1), torch.ones(1)
        optimizer.step()
        self.assertEqual((a.item(), b.item()), (0.25, 0.75))
        optimizer.param_groups[0]["lr"] = 0.0
        optimizer.param_groups[1]["weight_decay"] = 4.0
        optimizer.step()
        self.assertEqual((a.item(), b.item()), (0.25, -0.25))

    def test_norms_are_of_all_groups(self):
        a, b = parameter(0.0), parameter(0.0)
        optimizer = Optimizer([{"params": [a]}, {"params": [b], "lr": 2.0}], "clip_norm(5) | lr(1)")
        a.grad, b.grad = torch.tensor([6.0]), torch.tensor([8.0])
        optimizer.step()
        self.assertAlmostEqual(a.item(), -3.0, places=5)
        self.assertAlmostEqual(b.item(), -8.0, places=5)

    def test_shared_numbers_cannot_part(self):
        optimizer = Optimizer([{"params": [parameter(0.0)]}, {"params": [parameter(0.0)]}], "adam(lr=1)")
        optimizer.param_groups[0]["betas"] = (0.5, 0.5)
        self.refused("groups share `adam.beta1`", optimizer.step)
        optimizer.param_groups[1]["betas"] = (0.5, 0.5)
        optimizer.step()

    def test_rates_of_one_chain_keep_their_proportions(self):
        a, b = nn.Parameter(torch.zeros(1, 1)), parameter(0.0)
        optimizer = Optimizer([("a.weight", a), ("a.bias", b)], "lr(1, on=matrices) | lr(0.5, on=rest)")
        optimizer.param_groups[0]["lr"] = 0.5
        a.grad, b.grad = torch.ones(1, 1), torch.ones(1)
        optimizer.step()
        self.assertEqual((a.item(), b.item()), (-0.5, -0.25))

    def test_a_schedule_of_the_chain_is_shown_and_may_be_replaced(self):
        w = parameter(0.0)
        optimizer = Optimizer([w], "lr(linear(1, total=4))")
        w.grad = torch.ones(1)
        seen = []
        for _ in range(2):
            seen.append(optimizer.param_groups[0]["lr"])
            optimizer.step()
        self.assertEqual((seen, w.item()), ([1.0, 0.75], -1.75))
        optimizer.param_groups[0]["lr"] = 2.0
        optimizer.step()
        optimizer.step()
        self.assertEqual(w.item(), -5.75)

    def test_what_a_chain_has_not_is_refused(self):
        self.refused("'momentum'", lambda: Optimizer([{"params": [parameter(1.0)], "momentum": 0.9}], "lr(1)"))
        self.refused("range", lambda: self.with_rate(-1.0).step())

    def with_rate(self, rate):
        optimizer = Optimizer([parameter(1.0)], "lr(1)")
        optimizer.param_groups[0]["lr"] = rate
        return optimizer

    def test_rates_may_be_tensors(self):
        optimizer = self.with_rate(torch.tensor(0.5))
        w = optimizer.param_groups[0]["params"][0]
        w.grad = torch.ones(1)
        optimizer.step()
        self.assertEqual(w.item(), 0.5)

    def test_groups_are_added(self):
        a, b = parameter(0.0), parameter(0.0)
        optimizer = Optimizer([("a", a)], "momentum(0.5) | lr(1)")
        a.grad, b.grad = torch.ones(1), torch.ones(1)
        optimizer.step()
        optimizer.add_param_group({"params": [("b", b)], "lr": 2.0})
        optimizer.step()
        self.assertEqual((a.item(), b.item()), (-2.5, -2.0))
        self.refused("more than one parameter group", lambda: optimizer.add_param_group({"params": [("b", b)]}),
                     ValueError)
        self.refused("`c`.*float16", lambda: optimizer.add_param_group({"params": [("c", parameter(1.0, dtype=torch.float16))]}))
        optimizer.step()
        self.assertEqual((len(optimizer.param_groups), a.item(), b.item()), (2, -4.25, -5.0))


class Around(Case):
    def test_closure(self):
        w = parameter(2.0)
        optimizer = Optimizer([w], "lr(0.25)")

        def closure():
            optimizer.zero_grad()
            loss = (w * w).sum()
            loss.backward()
            return loss

        self.assertEqual(optimizer.step(closure).item(), 4.0)
        self.assertEqual(w.item(), 1.0)

    @unittest.skipUnless(NEW, "before torch 2")
    def test_hooks(self):
        optimizer, called = Optimizer([parameter(1.0)], "lr(1)"), []
        optimizer.register_step_pre_hook(lambda *_: called.append("before"))
        handle = optimizer.register_step_post_hook(lambda *_: called.append("after"))
        optimizer.step()
        handle.remove()
        optimizer.step()
        self.assertEqual(called, ["before", "after", "before"])
        optimizer.register_state_dict_post_hook(lambda _, saved: saved.update(more=1))
        self.assertEqual(optimizer.state_dict()["more"], 1)
        optimizer.register_load_state_dict_post_hook(lambda _: called.append("loaded"))
        optimizer.load_state_dict(optimizer.state_dict())
        self.assertEqual(called[-1], "loaded")

    @unittest.skipUnless(hasattr(torch, "amp") and hasattr(torch.amp, "GradScaler"), "no scaler on the CPU")
    def test_scaler(self):
        w = parameter(1.0)
        optimizer, scaler = Optimizer([w], "lr(1)"), torch.amp.GradScaler("cpu", init_scale=4.0)
        scaler.scale((w * 0.5).sum()).backward()
        self.assertEqual(w.grad.item(), 2.0)
        scaler.step(optimizer)
        scaler.update()
        self.assertEqual(w.item(), 0.5)
        w.grad = torch.tensor([float("inf")])
        scaler.step(optimizer)
        scaler.update()
        self.assertEqual((w.item(), scaler.get_scale()), (0.5, 2.0))

    def test_averaged_models(self):
        model = network(torch.float32, 1)
        optimizer, average = Optimizer(model, "lr(0.5)"), torch.optim.swa_utils.AveragedModel(model)
        descend(optimizer, model)
        scheduler = torch.optim.swa_utils.SWALR(optimizer, swa_lr=0.125, anneal_epochs=1)
        first = [tensor.detach().clone() for tensor in model.parameters()]
        average.update_parameters(model)
        descend(optimizer, model)
        average.update_parameters(model)
        for got, a, b in zip(average.module.parameters(), first, model.parameters()):
            torch.testing.assert_close(got.detach(), (a + b.detach()) / 2)
        scheduler.step()
        self.assertEqual(optimizer.param_groups[0]["lr"], 0.125)

    def test_averages_of_the_chain(self):
        w = parameter(0.0)
        optimizer = Optimizer([w], "lr(1) | average(form=mean)")
        for _ in range(2):
            w.grad = torch.ones(1)
            optimizer.step()
        with optimizer.averaged():
            self.assertEqual(w.item(), -1.5)
        self.assertEqual(w.item(), -2.0)


class Saved(Case):
    CHAINS = ("clip_norm(1) | adamw(lr=0.1)", "nadam | lr(cosine(0.1, total=20))", "sgd(lr=0.1, momentum=0.9)",
              "adam(on=matrices) | momentum(0.9, on=rest) | lr(0.1)", "lr(0.1) | average")

    def test_resumes_bit_for_bit(self):
        for chain in self.CHAINS:
            for way in ("state_dict", "file", "pickle", "deepcopy"):
                with self.subTest(chain=chain, way=way):
                    model = network(torch.float32, 3)
                    optimizer = Optimizer(model, chain)
                    descend(optimizer, model, 5)
                    resumed, again = self.resumed(model, optimizer, chain, way)
                    descend(optimizer, model, 5)
                    descend(resumed, again, 5)
                    self.same(model, again)
                    self.assertEqual(resumed.updates, 10)

    def resumed(self, model, optimizer, chain, way):
        if way == "deepcopy":
            both = copy.deepcopy((optimizer, model))
        elif way == "pickle":
            both = pickle.loads(pickle.dumps((optimizer, model)))
        else:
            again = copy.deepcopy(model)
            both = Optimizer(again, chain), again
            saved = optimizer.state_dict()
            if way == "file":
                file = io.BytesIO()
                torch.save(saved, file)
                file.seek(0)
                saved = torch.load(file, **({"weights_only": True} if NEW else {}))
            both[0].load_state_dict(saved)
        return both

    def test_state_is_the_memory_itself(self):
        w = parameter(0.0, dtype=torch.float64)
        optimizer = Optimizer([w], "momentum(0.5) | lr(1)")
        self.assertEqual(len(optimizer.state), 0)
        w.grad = torch.ones(1, dtype=torch.float64)
        optimizer.step()
        self.assertEqual(set(optimizer.state[w]), {"step", "momentum.b"})
        optimizer.state[w]["momentum.b"].fill_(4.0)
        optimizer.step()
        self.assertEqual(w.item(), -4.0)
        for tensor, one in optimizer.state.items():
            optimizer.state[tensor] = {key: value.clone().fill_(2.0) for key, value in one.items()}
        optimizer.step()
        self.assertEqual(w.item(), -6.0)
        self.assertEqual(optimizer.state[w]["step"].item(), 3.0)

    def test_state_of_another_chain_is_refused(self):
        w = parameter(0.0)
        w.grad = torch.ones(1)
        momentum, adam = Optimizer([w], "momentum | lr(1)"), Optimizer([w], "adam | lr(1)")
        momentum.step()
        self.refused("got 'momentum'", lambda: adam.load_state_dict(momentum.state_dict()))
        without = {**momentum.state_dict(), "param_groups": adam.state_dict()["param_groups"]}
        self.refused("`p0`: its state lacks.*adam.m", lambda: adam.load_state_dict(without))
        adam.step()


class Moved(Case):
    def setUp(self):
        self.a, self.b = parameter(1.0, 1.0), parameter(2.0, 2.0)
        self.optimizer = Optimizer([("a", self.a), ("b", self.b)], "momentum(0.5) | lr(1)")
        self.a.grad, self.b.grad = torch.ones(2), torch.ones(2)
        self.optimizer.step()

    def test_other_memory_is_taken_up(self):
        self.a.data = torch.tensor([8.0, 8.0])
        self.optimizer.step()
        self.assertEqual(self.a.tolist(), [6.5, 6.5])
        self.assertEqual(self.b.tolist(), [-0.5, -0.5])

    def test_two_that_change_places_keep_their_state(self):
        self.optimizer.state[self.a]["momentum.b"].fill_(4.0)
        self.a.data, self.b.data = self.b.data, self.a.data
        self.optimizer.step()
        self.assertEqual(self.a.tolist(), [-2.0, -2.0])
        self.assertEqual(self.b.tolist(), [-1.5, -1.5])
        self.assertEqual(self.optimizer.state[self.a]["momentum.b"].tolist(), [3.0, 3.0])

    def test_another_type_is_an_error_that_says_what_to_do(self):
        self.a.data = self.a.data.double()
        self.a.grad = None
        self.refused("`a`: its type has changed.*model.to", self.optimizer.step)

    def test_another_size_is_an_error(self):
        self.a.data = self.a.data[:1]
        self.a.grad = torch.ones(1)
        self.refused("`a.grad`: it does not fit", self.optimizer.step)


if __name__ == "__main__":
    warnings.simplefilter("ignore")
    unittest.main()
