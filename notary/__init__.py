"""Evidence: claim -> commitment -> log -> anchor -> receipt -> verdict.

Who only verifies needs `notary.verify`, `notary.receipt`, `notary.bundle` and `notary.trust`; they load no
third-party package but `cryptography` and pycryptodome, and those only when a signature or a block is checked.
"""
