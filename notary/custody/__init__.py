"""Who did what to a claim, in what order and signed by whom; acts that end claims; keys that erasure destroys."""
