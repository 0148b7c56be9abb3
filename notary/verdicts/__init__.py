"""The verifier: its checks, what it trusts, and what it answers, with reasons in three languages."""
