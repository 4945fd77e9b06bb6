"""Rodin: roll-out diffusion of triplanes (arXiv 2212.06135), from nothing, a prompt, a photo or another avatar."""

from .config import Config
from .model import Rodin, load
from .training import train

__all__ = ["Config", "Rodin", "load", "train"]
