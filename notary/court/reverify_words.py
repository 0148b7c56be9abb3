"""The sentences of REVERIFY.md, and the commands in it that are the same for every receipt."""

from __future__ import annotations

MUST_PRINT = "It must print:"
PRINTS_NOTHING = "It prints nothing."
WITHHELD = "withheld"

TITLE = """\
# Check this bundle by hand

For an expert who does not want to rely on the program that made it. You need Debian, or any system with bash,
coreutils, `xxd`, `openssl` 3, and `curl` for step 5. Type or paste each block into one bash, in this order, in the
folder of the unpacked bundle. What differs from what a block must print is a finding: write it down and go on."""

WHICH = """All values below are those of receipt {number} of {count}: {name}. They are also in `receipts.json`."""
WHICH_OTHERS = """ The last section has the others."""

PREPARE = """\
## 0. Preparation

The files are complete and as they were exported:"""

FOOT = """\
The next line prints the bundle digest. It must be the one at the foot of each page of `report.pdf`; if you got the
report on paper, compare it with the paper.

    grep -vE '^.{64}  report\\.pdf$' MANIFEST.sha256 | sha256sum

Five functions that the steps use. Hashes are written in hexadecimal; `leaf`, `node` and `root` are those of RFC 9162,
section 2.1.1:"""

FUNCTIONS = (
    "W=$(mktemp -d)  # working files; nothing is written into the bundle",
    "field() {",
    '  { printf \'tallystick/field/v1\\0\'; printf %s "$1" | xxd -r -p; printf %s "$2"; } | sha256sum | cut -c1-64',
    "}",
    'leaf() { printf 00%s "$1" | xxd -r -p | sha256sum | cut -c1-64; }',
    'node() { printf 01%s%s "$1" "$2" | xxd -r -p | sha256sum | cut -c1-64; }',
    "root() {",
    "  while [ $# -gt 1 ]; do",
    "    local above=()",
    '    while [ $# -gt 1 ]; do above+=("$(node "$1" "$2")"); shift 2; done',
    '    set -- "${above[@]}" "$@"',
    "  done",
    '  printf "%s\\n" "$1"',
    "}",
    'member() { grep -o "\\"$1\\":\\"[^\\"]*\\"" | head -n 1 | cut -d\'"\' -f4; }',
)

DOCUMENT = """## 1. The document is the one that was sealed"""
DOCUMENT_SAYS = """The claim names these of the document's digests: {fields}. Digests of the file that you have:"""
NO_DOCUMENT = """\
The document is not in this bundle. If you have it from elsewhere, compare its SHA-256 (`sha256sum`) with the field
`sha256` in step 2."""
NO_DIGEST = """The claim's digests are withheld in this bundle, so no document can be compared with it."""

CLAIM = """## 2. The claim leads to its commitment"""
CLAIM_SAYS = """\
The claim is what was said about the document when it was sealed. Each field is hashed with a random salt of 32 bytes;
the fields' hashes form a tree; its root and the claim's own salt give the commitment. Change one letter below, and
another commitment comes out."""
WITHHELD_FIELD = "  # withheld: only its hash is given"

ENTRY = """## 3. The commitment is in the log"""
ENTRY_SAYS = """\
The commitment was written into an append-only log as entry {index} (counted from 0). With the hashes of its
neighbours it leads to the root of the log's tree of {size} entries:"""

NOTE = """## 4. The log's operator signed that root"""
NOTE_SAYS = """\
The signed note (checkpoint) names the log, the number of its entries and the root. Its third line is the root of step
3 in base64:"""
SIGNATURE_SAYS = """\
The signature (Ed25519) is over the note's text down to the blank line. The key is the one that the receipt names; who
holds it is another question, and nothing here depends on it: steps 5 and 6 date the note whoever signed it."""
NOTE_UNSIGNED = """**No signature of the key that the receipt names is in the note. The receipt is not valid.**"""

EVM = """## 5. The root was recorded on a blockchain"""
NO_EVM = """This receipt shows no finished anchor on a blockchain."""
EVM_SAYS = """Ask a node that you trust: your own, or two of operators that do not know each other. Not the issuer's."""
NODE = (
    "RPC=${RPC:-http://127.0.0.1:8545}  # the address of that node",
    "rpc() { curl -s -H 'Content-Type: application/json' \\",
    '  -d "{\\"jsonrpc\\":\\"2.0\\",\\"id\\":1,\\"method\\":\\"$1\\",\\"params\\":$2}" "$RPC" | tr -d \' \\t\\n\'; }',
)
DEV_CHAIN = (
    """**This chain is a development chain. Anybody makes its blocks, at any time: it proves nothing about when.**"""
)
CHAIN_AND_BLOCK = """\
The chain's number, the hash of its first block, the block's hash{time}, and that the node calls the block final:"""
AND_TIME = ", its time (UTC)"
EVENT_SAYS = """\
The block's event `HeadAppended(log id, size, root)` of the contract. It must print the root of step 3, and the
transaction's hash:"""
EXPLORER = """With a block explorer instead, look up the transaction. It must have succeeded, and these must be there:

- chain {chain}, block {number}
- transaction `{tx}`
- among its logs one of the address `{contract}`
- with the topics `{topic}`,
  `{log_id}`, {size}
- and the data `{root}`"""
CAST_SAYS = """\
With Foundry's `cast` instead. The first line needs no node: the Keccak-256 of the header that the receipt carries is
the block's hash. The second is the event's first topic."""

STAMP = """## 6. An authority time-stamped the note"""
NO_STAMP = """This receipt carries no time-stamp token (RFC 3161)."""
STAMP_SAYS = """\
The token (RFC 3161) is over the file `checkpoint.txt` of step 4. Whether the authority is one to believe is for you
to say: compare its root certificate with the one that the authority itself, or a trusted list, publishes."""
ROOTS = """The issuer relied on the root certificates of: {names}. The SHA-256 of each:"""
NO_ROOT = """\
The issuer names no root certificate. Get the authority's own one and save it as `"$W/roots.pem"` (PEM); without it
the next block says that the chain cannot be verified."""
STAMP_PRINTS = """Token {number}: the signature, and the time that the authority states (UTC)."""
STAMP_UNREADABLE = """**Token {number} cannot be read as one. It proves nothing.** These are its bytes:"""
STAMP_UNCHECKED = """\
**`openssl` 3.0 cannot verify signatures of the kind that token {number} has (`{algorithm}`).** The program can. These
are its bytes:"""

OTS = """## 6a. Bitcoin (OpenTimestamps)"""
OTS_SAYS = """Proof {number}: the file, and that it is about the note of step 4, whose SHA-256 it starts from:"""
OTS_VERIFY = """\
Then `ots verify "$W/checkpoint-{number}.txt.ots" -f "$W/checkpoint.txt"` (package opentimestamps-client, with a
Bitcoin node of yours), or give both files to opentimestamps.org. The block's time is the bound, give or take two
hours. A proof that is only pending proves nothing yet."""

MEANING = """\
## 7. What this proves, and what it does not

- Steps 1 to 4: this very document was claimed in this log, with the fields of step 2; neither was changed since the
  root was made.
- Steps 5 and 6, as far as this receipt has anchors: the root, and so the document, existed at the latest at the times
  that the node and the authorities state. That is as good as your trust in that chain or authority, and in SHA-256.
  Without an anchor nothing here says when.
- It does not say that what the document says is true, who wrote it, or that it did not exist earlier. `captured_at`,
  `captured_by`, `source` and other fields of step 2 are what the sealer said; that they said it by then is proven.
- Not repeated here: whether the claim was superseded, revoked or erased later (`standing`), who signed the custody
  entries (`custody`), a newer head (`later`), and, without a node, the path from the block's header to the event.
  `tallystick verify` and `verify.html` check these; docs/receipt-format.md says how, for who wants to write a program
  of their own."""

OTHERS = """## The other exhibits"""
ALL_DOCUMENTS = """All documents of the bundle, against the digests in their receipts:"""
OTHERS_SAYS = """\
Their values for steps 1 to 3. Salts, paths and anchors are in `receipts.json`, by the same names. Where the root is the
same as above, steps 4 to 6 are those above."""
TABLE = (
    "| receipt | exhibit | name | document | bytes | SHA-256 | commitment | entry | of | root |",
    "|---|---|---|---|---|---|---|---|---|---|",
)
