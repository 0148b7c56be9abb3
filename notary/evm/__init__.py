"""Heads on an EVM chain: sending, following to finality, and proofs that a block holds the anchor."""
