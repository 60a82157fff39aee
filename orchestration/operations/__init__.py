"""Operations: what keeps a home in good order, beside what passes do: copies of the ledger, restoring it, scrubbing."""
