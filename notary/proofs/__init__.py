"""What leaves the workspace: receipts, bundles of them, disclosed fields, proofs added later."""
