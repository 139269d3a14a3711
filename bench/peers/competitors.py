"""The library, its limit and its peers, each with a step over given buffers.

A peer whose package cannot be imported, or which has no such rule, raises Absent with the reason.
"""

import ctypes

import numpy as np

from memory import parts, stream

EMA_DECAY = 0.999
ADAM = {"betas": (0.9, 0.999), "eps": 1e-8, "weight_decay": 0.01}


class Absent(Exception):
    """The peer is not here, or does not do this."""


def load(path):
    library = ctypes.CDLL(path)
    pointers, sizes = ctypes.POINTER(ctypes.c_void_p), ctypes.POINTER(ctypes.c_size_t)
    library.peers_bind.argtypes = [ctypes.c_char_p, ctypes.c_int, ctypes.c_size_t, pointers, pointers, sizes]
    library.peers_bind.restype = ctypes.c_void_p
    library.peers_step.argtypes = [ctypes.c_void_p]
    library.peers_step.restype = None
    library.peers_median_step.argtypes = [ctypes.c_void_p, ctypes.c_size_t]
    library.peers_median_step.restype = ctypes.c_double
    return library


class Thalweg:
    def __init__(self, library, task, threads, values, grads):
        def addresses(arrays):
            return (ctypes.c_void_p * len(arrays))(*(a.ctypes.data for a in arrays))

        sizes = (ctypes.c_size_t * len(values))(*(len(a) for a in values))
        bound = library.peers_bind(task.chain.encode(), threads, len(values), addresses(values), addresses(grads), sizes)
        if not bound:
            raise SystemExit("the library refuses " + task.chain)
        self.handle = ctypes.c_void_p(bound)
        self.call = library.peers_step
        self.library = library
        self.arrays = values

    def step(self):
        self.call(self.handle)

    def median(self, steps):
        """The median seconds of some steps that C++ calls."""
        return self.library.peers_median_step(self.handle, steps)


class Before(Thalweg):
    """Another build of the library, on values of its own."""

    version = "another build of the library"
    most_apart = 0.0  # the same bits

    def __init__(self, path, *rest):
        if not path:
            raise Absent("--against names no other build of the library")
        super().__init__(load(path), *rest)

    def values(self):
        return self.arrays

    def move(self, values):
        """A chain stays bound to the memory that it was given."""


class Limit:
    """`name` is kernel or fused: streams moved with nothing to compute, or a loop written by hand."""

    def __init__(self, library, name, task, threads, elements):
        make = library["peers_" + name]
        make.argtypes = [ctypes.c_char_p, ctypes.c_size_t, ctypes.c_int]
        make.restype = ctypes.c_void_p
        self.handle = ctypes.c_void_p(make(task.limit.encode(), elements, threads))
        if not self.handle:
            raise SystemExit(f"no {name} limit of {task.limit}")
        library.peers_limit_distance.argtypes = library.peers_limit_run.argtypes = [ctypes.c_void_p]
        library.peers_limit_distance.restype, library.peers_limit_run.restype = ctypes.c_size_t, None
        self.distance = library.peers_limit_distance(self.handle)
        self.call = library.peers_limit_run

    def step(self):
        self.call(self.handle)


class Torch:
    """`form` is fused, foreach or default; its state lies in memory of the same kind as all else."""

    def __init__(self, form, task, threads, values, grads):
        import torch

        torch.set_num_threads(threads)
        torch.set_flush_denormal(True)
        self.torch, self.version = torch, torch.__version__
        self.parameters = [torch.nn.Parameter(torch.from_numpy(value)) for value in values]
        for parameter, grad in zip(self.parameters, grads):
            parameter.grad = torch.from_numpy(grad)
        how = {} if form == "default" else {form: True}
        try:
            self.optimizer = self.make(task.rule, how)
        except TypeError as error:
            raise Absent(str(error)) from error
        self.place_state(task, [len(value) for value in values])
        self.clips = task.rule.startswith("clip_adamw")
        self.foreach = None if form == "default" else True
        self.averages = []
        if task.rule == "clip_adamw_ema":
            self.averages = [torch.from_numpy(a) for a in parts(stream(sum(map(len, values)), 4), [len(v) for v in values])]
            for average, value in zip(self.averages, values):
                average.copy_(torch.from_numpy(value))

    def make(self, rule, how):
        optim = self.torch.optim
        if rule == "rmsprop":
            return optim.RMSprop(self.parameters, lr=0.001, **how)
        if rule == "adagrad":
            return optim.Adagrad(self.parameters, lr=0.01, **how)
        return optim.AdamW(self.parameters, lr=0.001, **ADAM, **how)

    def place_state(self, task, sizes):
        names = {"rmsprop": ["square_avg"], "adagrad": ["sum"]}.get(task.rule, ["exp_avg", "exp_avg_sq"])
        streams = [parts(stream(sum(sizes), 2 + i), sizes) for i in range(len(names))]
        for i, parameter in enumerate(self.parameters):
            state = {name: self.torch.from_numpy(streams[j][i]) for j, name in enumerate(names)}
            self.optimizer.state[parameter] = {"step": self.torch.tensor(0.0), **state}

    def step(self):
        if self.clips:
            self.torch.nn.utils.clip_grad_norm_(self.parameters, 1.0, foreach=self.foreach)
        self.optimizer.step()
        if self.averages:
            self.torch._foreach_lerp_(self.averages, [p.detach() for p in self.parameters], 1 - EMA_DECAY)

    def values(self):
        return [parameter.detach().numpy() for parameter in self.parameters]

    def move(self, values):
        """From now on the parameters are these."""
        for parameter, value in zip(self.parameters, values):
            parameter.data = self.torch.from_numpy(value)


class DeepSpeed(Torch):
    def make(self, rule, how):
        try:
            from deepspeed.ops.adam import DeepSpeedCPUAdam
        except ImportError as error:
            raise Absent(str(error)) from error
        if not rule.endswith("adamw"):
            raise Absent("it has no CPU kernel for " + rule)
        return DeepSpeedCPUAdam(self.parameters, lr=0.001, adamw_mode=True, **ADAM)

    def place_state(self, task, sizes):
        super().place_state(task, sizes)
        for parameter in self.parameters:
            self.optimizer.state[parameter]["step"] = 0


class Optax:
    """Compiled as a whole, parameters and state donated."""

    def __init__(self, task, _threads, values, grads):
        if len(values) > 1000:
            raise Absent("it compiles thousands of tensors for minutes")
        if task.rule == "clip_adamw_ema":
            raise Absent("it has no average of parameters as a part of a chain")
        try:
            import jax
            import optax
        except ImportError as error:
            raise Absent(str(error)) from error
        self.jax, self.version = jax, f"{optax.__version__}, jax {jax.__version__}"
        rule = self.make(optax, task.rule)
        self.p = [jax.numpy.array(value) for value in values]
        self.g = [jax.numpy.array(grad) for grad in grads]
        self.s = rule.init(self.p)

        def step(p, s, g):
            updates, s = rule.update(g, s, p)
            return optax.apply_updates(p, updates), s

        self.jitted = jax.jit(step, donate_argnums=(0, 1))

    @staticmethod
    def make(optax, rule):
        if rule == "rmsprop":
            return optax.rmsprop(0.001, decay=0.99, eps=1e-8, eps_in_sqrt=False)
        if rule == "adagrad":
            return optax.adagrad(0.01, initial_accumulator_value=0.0, eps=1e-10)
        adamw = optax.adamw(0.001, weight_decay=0.01)
        return optax.chain(optax.clip_by_global_norm(1.0), adamw) if rule == "clip_adamw" else adamw

    def step(self):
        self.p, self.s = self.jitted(self.p, self.s, self.g)
        self.jax.block_until_ready(self.p)

    def values(self):
        return [np.asarray(p) for p in self.p]

    def move(self, values):
        """Its arrays stay its own: they cannot be shared."""


def torch_of(form):
    return lambda *rest: Torch(form, *rest)


PEERS = {
    "torch_fused": torch_of("fused"),
    "torch_foreach": torch_of("foreach"),
    "torch_default": torch_of("default"),
    "optax_jit": Optax,
    "deepspeed": lambda *rest: DeepSpeed("default", *rest),
}
