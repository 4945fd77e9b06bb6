"""Gaussian diffusion: noise schedules, samplers, guidance, conditions, and the networks that denoise.

A denoiser is ``f(x_t, t, cond)``; a process does not know what x is; a sampler sees ``denoise(x_t, t)`` alone.
"""
