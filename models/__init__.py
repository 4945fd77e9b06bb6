"""Trains generators on datasets of people, and writes what they generate as avatars and meshes; needs torch."""
