"""Reading: sheets become typed rows, and observations of what was met in them."""
