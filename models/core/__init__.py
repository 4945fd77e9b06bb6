"""What every system shares: cameras, data, trainer, layers, losses, metrics."""
