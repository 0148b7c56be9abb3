"""Heads in time: RFC 3161 tokens, OpenTimestamps proofs, Bitcoin headers, and the work that obtains them."""
