"""Sets for panoramas: rooms, streets and parks that tools/render_panoramas.py photographs from where a person stands."""
