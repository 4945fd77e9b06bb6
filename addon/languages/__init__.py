"""The sidebar's texts in other languages: a JSON file each."""
