"""Publication: the marts become releases, immutable and complete, that readers open and programs download."""
