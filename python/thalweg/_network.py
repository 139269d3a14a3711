"""A trained network as a value: text and arrays, to be pickled and copied, and asked by several threads."""

from __future__ import annotations

import threading

import numpy

from ._training import Model, Trainer

# Rows are filled up to a multiple of this. For one row, or a few, the processor's kernels sum in another order than for
# many, and what is said of a row would depend, by a last bit, on the rows beside it.
_ROWS = 64


class Network:
    """`weights`: name -> float32 array, those that predictions are made with."""

    def __init__(self, text: str, inputs: tuple[int, ...], outputs: int, weights: dict):
        self.text, self.inputs, self.outputs, self.weights = text, inputs, outputs, weights
        self._forget()

    def _forget(self) -> None:
        self._model, self._lock = None, threading.Lock()

    @classmethod
    def initial(cls, text: str, inputs: tuple[int, ...], seed: int) -> Network:
        return cls._of(Model(text, inputs, seed))

    @classmethod
    def trained_by(cls, trainer: Trainer) -> Network:
        """With the averages where its chain has any."""
        with trainer.optimizer.averaged():
            return cls._of(trainer.model)

    @classmethod
    def _of(cls, model: Model) -> Network:
        weights = {name: numpy.array(array) for name, array in model.parameters().items()}
        return cls(model.text, model.inputs, model.outputs, weights)

    def to_model(self) -> Model:
        """A model of its own, to be trained on from these weights."""
        model = Model(self.text, self.inputs)
        for name, array in model.parameters().items():
            array[...] = self.weights[name]
        return model

    def scores(self, inputs, threads: int):
        """What the last layer gives for each row, in float32."""
        rows = len(inputs)
        missing = -rows % _ROWS
        if missing:
            inputs = numpy.concatenate([inputs, numpy.zeros((missing, inputs.shape[1]), inputs.dtype)])
        with self._lock:  # a model is used by one thread at a time
            if self._model is None:
                self._model = self.to_model()
            return self._model.predict(inputs, threads)[:rows]

    def __getstate__(self) -> dict:
        return {name: getattr(self, name) for name in ("text", "inputs", "outputs", "weights")}

    def __setstate__(self, state: dict) -> None:
        self.__dict__.update(state)
        self._forget()
