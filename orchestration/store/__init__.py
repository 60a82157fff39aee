"""The store: how things are kept and written, whatever they say."""
