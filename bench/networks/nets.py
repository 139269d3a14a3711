"""The networks of tasks.h, for the peers: sizes of a perceptron, or None for the convolutions."""

TASKS = {
    "xor": {"sizes": (2, 16, 1), "batch": 1, "optimizer": "sgd", "classes": False},
    "tiny": {"sizes": (8, 32, 32, 1), "batch": 32, "optimizer": "adam", "classes": False},
    "narrow": {"sizes": (784, 32, 10), "batch": 32, "optimizer": "sgd", "classes": True},
    "digits": {"sizes": (64, 64, 10), "batch": 64, "optimizer": "adamw", "classes": True},
    "mnist": {"sizes": (784, 256, 10), "batch": 64, "optimizer": "adamw", "classes": True},
    "convolutions": {"sizes": None, "batch": 128, "optimizer": "adamw", "classes": True},
    "large": {"sizes": (4096, 4096, 4096, 4096), "batch": 512, "optimizer": "adamw", "classes": False, "relu": True},
}
PEERS = {
    "xor": ["torch", "optax_scan", "fann", "dlib"],
    "tiny": ["torch", "optax_scan", "dlib"],
    "narrow": ["torch", "optax_scan", "fann", "dlib"],
    "digits": ["torch", "optax_scan"],
    "mnist": ["torch", "dlib"],
    "convolutions": ["torch", "torch_channels_last", "dlib"],
    "large": ["torch"],
}
