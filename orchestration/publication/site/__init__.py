"""The site: pages written from the published tables, in French, for readers."""
