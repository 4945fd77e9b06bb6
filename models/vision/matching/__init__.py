"""Where what one picture shows is in another: optical flow and stereo, and stereo pairs made of single pictures."""
