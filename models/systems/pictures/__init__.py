"""Systems that make pictures by diffusion: ``ddpm`` of pixels, ``ldm`` of latents; one denoiser's interface, one way to be told."""
