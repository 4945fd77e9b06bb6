"""RodinHD: a decoder that forgets nobody, and planes by diffusion under all that a portrait shows (arXiv 2407.06938)."""

from .config import Config
from .model import RodinHD, load
from .training import train

__all__ = ["Config", "RodinHD", "load", "train"]
