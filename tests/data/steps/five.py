#!/usr/bin/env python3
"""Writes five.json: the first updates of seven optimizers on the line through five points, worked out with numpy.

The formulas are those of the papers, in double: gradient descent, momentum (Polyak, as torch has it), AdaGrad (Duchi et
al. 2011), RMSProp (Hinton's lecture 6), Adam (Kingma and Ba 2014), AdamW (Loshchilov and Hutter 2017), and Adam with L2.
"""

import json
from pathlib import Path

import numpy as np

HERE = Path(__file__).resolve().parent
STEPS, LR, DECAY, BETA1, BETA2, ALPHA, MU, EPS = 6, 0.1, 0.01, 0.9, 0.999, 0.99, 0.9, 1e-8

x, y = np.loadtxt(HERE / "five.csv", delimiter=",", skiprows=1, unpack=True)


def gradient(w):
    error = w[0] * x + w[1] - y
    return np.array([np.mean(error * x), np.mean(error)])


def adam(g, s, t):
    m = BETA1 * s["m"] + (1 - BETA1) * g
    v = BETA2 * s["v"] + (1 - BETA2) * g * g
    m_hat, v_hat = m / (1 - BETA1**t), v / (1 - BETA2**t)
    return {"m": m, "v": v}, {"m_hat": m_hat, "v_hat": v_hat}, LR * m_hat / (np.sqrt(v_hat) + EPS)


def momentum(g, s, t):
    b = MU * s["b"] + g
    return {"b": b}, {}, LR * b


def adagrad(g, s, t):
    total = s["s"] + g * g
    return {"s": total}, {}, LR * g / (np.sqrt(total) + 1e-10)


def rmsprop(g, s, t):
    v = ALPHA * s["v"] + (1 - ALPHA) * g * g
    return {"v": v}, {}, LR * g / (np.sqrt(v) + EPS)


# chain, names of the state, the rule, decay in the gradient, decay of the weights: of the slope, not of the bias
RULES = [
    (f"gd(lr={LR})", "", lambda g, s, t: ({}, {}, LR * g), 0, 0),
    (f"momentum({MU}) | lr({LR})", "b", momentum, 0, 0),
    (f"adagrad(lr={LR})", "s", adagrad, 0, 0),
    (f"rmsprop(lr={LR})", "v", rmsprop, 0, 0),
    (f"adam(lr={LR})", "mv", adam, 0, 0),
    (f"adamw(lr={LR}, decay={DECAY})", "mv", adam, 0, DECAY),
    (f"adam(lr={LR}, decay={DECAY})", "mv", adam, DECAY, 0),
]


def run(chain, names, rule, l2, decay):
    w, state, updates = np.zeros(2), {name: np.zeros(2) for name in names}, []
    for t in range(1, STEPS + 1):
        g = gradient(w)
        state, corrected, step = rule(g + l2 * w, state, t)
        step = step + LR * decay * w * np.array([1, 0])
        w = w - step
        pick = lambda many, i: {name: many[name][i] for name in many}
        updates.append([{"name": "ab"[i], "gradient": g[i], "state": pick(state, i), "corrected": pick(corrected, i),
                         "step": step[i], "value": w[i]} for i in range(2)])
    return {"chain": chain, "lr": LR, "updates": updates}


if __name__ == "__main__":
    (HERE / "five.json").write_text(json.dumps([run(*rule) for rule in RULES], indent=1) + "\n")
