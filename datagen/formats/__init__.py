"""What the files of a sample look like: EXR, PNG and JSON, read and written exactly, and records checked when read."""
