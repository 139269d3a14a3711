"""Which pictures show a transform or a schedule at work, and with what it is compared."""

import math

from tool import Tool

# Two functions that tell methods apart, with the updates that a picture shows: a curved valley, and a bowl that is thirty
# times as steep in one direction as in the other.
GROUNDS = [("rosenbrock", 200, "-1.2 1"), ("quadratic(condition=30)", 60, "-1.3 0.9")]
RATES = [m * 10.0**e for e in range(-4, 1) for m in (1, 3)]
DETOUR = 2.5  # how much longer than the straight line a way may be that is shown

# What is no rule shows something in a chain only. {lr} is the best of RATES.
CHAINS = {
    "accumulate": "accumulate(4) | momentum(0.9) | lr({lr})",
    "agc": "agc(0.1) | momentum(0.9) | lr({lr})",
    "anchor": "anchor(0.5) | momentum(0.9) | lr({lr})",
    "average": "momentum(0.9) | lr({lr}) | average",
    "box": "momentum(0.9) | lr({lr}) | box(-0.5, 2)",
    "cautious": "adam | cautious | lr({lr})",
    "cautious_decay": "adam | cautious_decay(0.5) | lr({lr})",
    "centralize": "centralize | momentum(0.9) | lr({lr})",
    "clip_norm": "clip_norm(1) | momentum(0.9) | lr({lr})",
    "clip_rms": "adam(bias_correction=false) | clip_rms(1) | lr({lr})",
    "clip_value": "clip_value(1) | momentum(0.9) | lr({lr})",
    "decay": "adam | decay(0.5) | lr({lr})",
    "ema": "ema(0.9) | lr({lr})",
    "grams": "adam | grams | lr({lr})",
    "l1": "momentum(0.9) | lr({lr}) | l1(0.5)",
    "l2": "momentum(0.9) | lr({lr}) | l2(0.5)",
    "lookahead": "momentum(0.9) | lr({lr}) | lookahead",
    "loss_scale": "loss_scale | adam | lr({lr})",
    "lr": "lr({lr})",
    "mars": "mars | adam | lr({lr})",
    "maximize": "maximize | adam | lr({lr})",
    "noise": "noise(0.3) | lr({lr})",
    "nonnegative": "momentum(0.9) | lr({lr}) | nonnegative",
    "normalize": "normalize | momentum(0.9) | lr({lr})",
    "plateau": "adam | lr({lr}) | plateau",
    "scale": "scale(0.5) | momentum(0.9) | lr({lr})",
    "schedule_free": "lr({lr}) | schedule_free",
    "sign": "sign | lr({lr})",
    "skip": "skip(nonfinite) | adam | lr({lr})",
    "trust_ratio": "adam | trust_ratio | lr({lr})",
    "zero_nans": "zero_nans | adam | lr({lr})",
}
# Nothing of these is to be seen where gradients are exact and finite, and metrics are not given.
UNSEEN = {"loss_scale", "maximize", "plateau", "skip", "zero_nans"}

# Schedules that need more than a peak, and those that show more with other options.
SCHEDULES = {
    "constant": "constant(1); constant(1, warmup=10%)",
    "triangular": "triangular(1, up=10%); triangular(1, up=10%, mode=triangular2)",
    "step": "step(1, every=25%, gamma=0.5)",
    "multi_step": "multi_step(1, at=[50%, 75%], gamma=0.1)",
    "exponential": "exponential(1, gamma=0.5, every=20%); exponential(1, gamma=0.5, every=20%, staircase=true)",
    "inverse_time": "inverse_time(1, rate=1, every=10%)",
    "inverse_sqrt": "inverse_sqrt(1, warmup=10%)",
    "noam": "noam(512, warmup=10%)",
    "one_cycle": "one_cycle(1)",
    "wsd": "wsd(1, warmup=10%, decay=20%)",
    "cyclic": "cyclic(1, cycles=4); cyclic(1, cycles=4, gamma=0.7, warmup=10%)",
    "polynomial": "polynomial(1, power=2); polynomial(1, power=0.5)",
    "piecewise": "piecewise([1, 0.3, 0.1], at=[40%, 80%])",
    "join": "join([constant(1), cosine(1, total=250)], at=[250])",
    "product": "product([constant(1, warmup=10%), step(1, every=25%, gamma=0.5)])",
    "sum": "sum([linear(0.5), cyclic(0.5, cycles=4)])",
    "mean": "mean([linear(1), constant(1)])",
    "scale": "scale(cosine(1), 0.5)",
}
FLOORED = "{0}(1); {0}(1, warmup=10%, floor=10%)"
TOTAL = "500"


def number(x: float) -> str:
    return f"{x:.0e}".replace("e-0", "e-") if x < 1e-3 else f"{x:g}"


def is_rule(tool: Tool, name: str) -> bool:
    """Rules and recipes take `lr=`."""
    return tool.answers("explain", f"{name}(lr=0.1)")


def chain_of(tool: Tool, name: str) -> str | None:
    """A chain with {lr} that has `name` in it."""
    return CHAINS.get(name) or (f"{name}(lr={{lr}})" if is_rule(tool, name) else None)


def detour(way: list[list[float]], minimum: list[float]) -> float:
    """The length of a way by that of the straight line from its beginning to the minimum."""
    return sum(math.dist(a, b) for a, b in zip(way, way[1:])) / math.dist(way[0], minimum)


def best_rate(tool: Tool, chain: str, ground: str, steps: int, start: str) -> str | None:
    """The one of RATES with the smallest loss after so many updates, among those that do not wander about."""
    found = []
    for rate in RATES:
        words = ("descend", ground, "--optimizer", chain.replace("{lr}", number(rate)), "--steps", str(steps), "--start", start)
        if tool.answers(*words, "--json"):
            descent = tool.json(*words)
            if descent["loss"] is not None:
                wanders = detour(descent["path"], descent["minima"][0])
                found.append((max(wanders, DETOUR), descent["loss"], rate))
    return number(min(found)[-1]) if found else None


def without(name: str, chain: str) -> str:
    """The same chain without what is shown; descent for a rule."""
    left = [item for item in chain.split(" | ") if item.split("(")[0] != name]
    return " | ".join(left) if name in CHAINS and name != "lr" else "gd(lr={lr})"


def paths(tool: Tool, name: str) -> list[tuple[str, int, str, str]]:
    """(function, updates, start, chains) of the pictures of a transform or recipe."""
    chain = None if name in UNSEEN else chain_of(tool, name)
    if not chain:
        return []
    drawn = []
    for ground, steps, start in GROUNDS:
        shown: dict[str, str] = {}  # by their way, so that none hides another
        for each in (chain, without(name, chain)):
            rate = best_rate(tool, each, ground, steps, start)
            if rate:
                text = each.replace("{lr}", rate)
                way = tool.json("descend", ground, "--optimizer", text, "--steps", str(steps), "--start", start)["path"]
                shown.setdefault(str(way), text)
        if shown:
            drawn.append((ground, steps, start, "; ".join(shown.values())))
    return drawn


def grounds_of(tool: Tool, problem: dict) -> str | None:
    """The chains that a picture of this problem shows; none where it has more than two dimensions."""
    name = problem["name"]
    if not tool.answers("landscape", name, "--paths", "gd(lr=1e-4)", "--steps", "1", "--json"):
        return None
    start = " ".join(map(str, tool.json("descend", name, "--optimizer", "gd(lr=1e-4)", "--steps", "1")["path"][0]))
    chains = ["gd(lr={lr})", "momentum(0.9) | lr({lr})", "adam(lr={lr})"]
    rates = [best_rate(tool, chain, name, 200, start) for chain in chains]
    return "; ".join(chain.replace("{lr}", rate) for chain, rate in zip(chains, rates) if rate)


def curves(tool: Tool, entry: dict) -> str | None:
    """The schedules that a picture of this one overlays."""
    options = {option["name"] for option in entry["options"]}
    floored = FLOORED if {"floor", "warmup"} <= options else "{0}(1)"
    texts = SCHEDULES.get(entry["name"]) or floored.format(entry["name"])
    return texts if tool.answers("schedule", texts, "--total", TOTAL) else None
