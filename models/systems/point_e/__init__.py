"""Point-E: things from words or a picture, by way of a view, a coarse cloud, a fine cloud, and a surface (arXiv 2212.08751)."""

from .config import Config
from .model import load
from .training import train

__all__ = ["Config", "load", "train"]
