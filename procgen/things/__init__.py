"""Things alone: one object of the catalogues a sample, centred and scaled into a box, before cameras all around."""
