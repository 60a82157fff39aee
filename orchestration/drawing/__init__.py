"""Drawing: pictures of figures, made of strings or of bytes; it knows figures and dates, and no alert and no page."""
