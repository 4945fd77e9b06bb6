"""Shap-E: things from words or a picture as latents that write a field, a volume and a surface at once (arXiv 2305.02463)."""

from .config import Config
from .model import load
from .training import train

__all__ = ["Config", "load", "train"]
