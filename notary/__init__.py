"""Evidence: claim -> commitment -> log -> anchor -> receipt -> verdict.

    sealing     files become claims, claims become leaves
    log         one append-only log: tiles, checkpoints, case heads, audit, recovery, succession
    custody     who did what to a claim, signed; acts that end claims; keys that erasure destroys
    evm         heads on a chain, and proofs that a block holds them
    timestamps  heads in time: RFC 3161, OpenTimestamps, Bitcoin headers
    records     RFC 4998 evidence records and when to renew them
    proofs      receipts, bundles, disclosed fields
    verdicts    the verifier and its reasons
    sharing     envelopes and IPFS
    report      the paper for a court, set from receipts, and checked by setting it again
    court       the bundle for a court: one zip, hostile until it is checked; how to check it by hand

Who only verifies needs `notary.verdicts.verify`, `notary.proofs.receipt`, `notary.proofs.bundle` and
`notary.verdicts.trust`; they load no third-party package but `cryptography` and pycryptodome, and those only when a
signature or a block is checked.
"""
