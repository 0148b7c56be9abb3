"""From files to claims in the log: intake, hashing, claims, sealing, and the check of what was just sealed."""
