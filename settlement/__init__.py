"""Settlements that carry themselves out: what parties sign, what follows from it, and who acts on it.

Pure core, no network, clock or file:

    money        decimal text <-> units            eip712       signed structs, hashes, typed data for wallets
    terms        what parties sign                 wire         the same as JSON documents
    terms_errors one error per rule                rules        validate: what the contracts would refuse
    schedule     due dates and sums                charges      what lateness costs
    plan         account, steps, views             events       what happened
    history      a plan rebuilt from events        auction      collateral: release, lot, price
    escrow       one sum, one performance          commitments  salted commitments
    draft        terms from dates and decimals     errors       the tree of errors

Around it: `book` and its kin talk to the contracts, `keeper` acts and reminds.
"""
