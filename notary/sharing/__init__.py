"""Documents given to others: sealed envelopes, content identifiers, IPFS."""
