"""iVID: pictures with depth, view after view, by 2-D diffusion, and the scene of all of them (arXiv 2303.17905)."""

from .config import Config
from .model import load
from .training import train

__all__ = ["Config", "load", "train"]
