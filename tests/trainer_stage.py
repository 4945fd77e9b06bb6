"""Networks that tests train and keep."""

import torch


def network(seed=0):
    """Layers with weights, dropout, running statistics, and a tied weight."""
    with torch.random.fork_rng():
        torch.manual_seed(seed)
        net = torch.nn.Sequential(
            torch.nn.Linear(3, 8), torch.nn.BatchNorm1d(8), torch.nn.Dropout(0.3), torch.nn.Linear(8, 8), torch.nn.Linear(8, 8)
        )  # fmt: skip
        net[4].weight = net[3].weight
        return {"net": net, "head": torch.nn.Linear(8, 1)}
