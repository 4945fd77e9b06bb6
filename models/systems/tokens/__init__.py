"""Pictures by tokens: one tokeniser (VQGAN), and three systems that draw its tokens."""
