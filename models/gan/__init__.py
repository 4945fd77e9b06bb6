"""Adversarial training: style-based generators, discriminators with heads, regularisers that plug in, one trainer."""
