"""Hair: strands on scalp, brows, lids and jaw, grown from the head's own surface."""
