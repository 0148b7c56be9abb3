"""onchain: connect, sign, send, follow, decode, deploy and prove.

The lowest layer: it knows nothing of evidence or money.

Cheap to import (no web3, no eth_account, no SQLAlchemy): this module, `errors`, `profiles`, `artifacts`, `abi`.
Import the rest where it is used:

    errors      the tree of errors; every one has `code` and `hint`
    profiles    how each chain behaves, as data
    artifacts   generated ABI and bytecode
    abi         keccak, addresses, selectors, values to and from ABI bytes
    wire        a node's values, typed and bounded
    rpc         one kept-alive JSON-RPC connection
    connect     Chain: a node, checked to be the right chain
    signer      the only place where keys are; typed_data: what it agrees to sign
    store       tables; records: stored transactions as values
    send        transactions stored before they are sent; quote, fees: what they cost
    follow      events in two views, seen and final
    decode      errors and logs by name
    contract    encode calls, decode answers
    deploy      deploy and record
    proof       the whole proof of a log, for receipts
    devchain    a local anvil whose state survives; processes: started and ended by id
    compile     sources to ABI files
    web3_bridge the only import of web3
"""
