"""What this package raises on purpose.

    ChainError                      chain.error
    ├── NodeError                   chain.node
    │   ├── NodeUnreachable         chain.node-unreachable      nobody answers, or only a failure of the transport
    │   ├── NodeRefused             chain.node-refused          a JSON-RPC error that means nothing more special
    │   └── NodeMisbehaved          chain.node-misbehaved       an answer that is no valid answer (shape, size, hash)
    ├── WrongChain                  chain.wrong-chain
    ├── WrongGenesis                chain.wrong-genesis
    ├── UnknownChain                chain.unknown-chain
    ├── ProfileInvalid              chain.profile-invalid
    ├── InsufficientFunds           chain.insufficient-funds
    ├── TransactionError            chain.transaction
    │   ├── TransactionReverted     chain.reverted
    │   ├── TransactionStuck        chain.stuck                 not mined in the time given
    │   ├── TransactionUnknown      chain.transaction-unknown   no transaction under this key
    │   ├── NotFinal                chain.not-final             mined, not yet final in the time given
    │   ├── NonceTaken              chain.nonce-taken           somebody else spent this account's nonce
    │   └── KeyConflict             chain.key-conflict          the same key for another call
    ├── ReorgDetected               chain.reorg                 a block that was final is gone
    ├── ProofUnavailable            chain.proof-unavailable
    ├── SignerError                 chain.signer
    │   ├── SignerLocked            chain.signer-locked         no usable key where one should be
    │   ├── WrongPassword           chain.wrong-password
    │   └── SignerRefused           chain.signer-refused        this key does not sign that
    ├── AbiError                    chain.abi                   a value does not fit the ABI, or an answer does not
    ├── ArtifactMissing             chain.artifact-missing
    ├── ArtifactMismatch            chain.artifact-mismatch     the code on the chain is not the code of the artifact
    ├── NoSuchContract              chain.no-such-contract      no code at this address, or no address recorded
    ├── DeploymentInvalid           chain.deployment-invalid    the file of recorded addresses cannot be used
    ├── CompileFailed               chain.compile-failed
    └── DevChainError               chain.dev-chain
        └── AnvilMissing            chain.anvil-missing

`code` is stable: the command line prints it and the API puts it into its problem documents. `hint` says what to do
next. Errors carry the numbers that made them true; no error carries a key, a password or the secret part of a URL
(`mask_url`).
"""

from __future__ import annotations

from collections.abc import Sequence
from urllib.parse import urlsplit

MAX_FOREIGN_TEXT = 300  # characters of somebody else's message that we repeat


class ChainError(Exception):
    """Root of everything this package raises on purpose."""

    code = "chain.error"
    hint = ""


def mask_url(url: str) -> str:
    """Name a node without its secrets: scheme, host and port stay; user, password, path and query go."""
    if "://" not in url:
        return url  # a socket's path: no secret in it
    try:
        parts = urlsplit(url)
        host = parts.hostname or "?"
        port = f":{parts.port}" if parts.port else ""
    except ValueError:
        return "(unreadable URL)"
    if parts.scheme == "ipc":
        return url
    hidden = "/…" if parts.path.strip("/") or parts.query else ""
    return f"{parts.scheme}://{host}{port}{hidden}"


def foreign_text(text: object, url: str = "") -> str:
    """Shorten somebody else's message to one safe line and take the secret parts of `url` out of it."""
    line = " ".join(str(text).split())
    if "://" in url:
        parts = urlsplit(url)
        secrets = [url, parts.password, parts.username, parts.query, *parts.path.split("/"), *parts.query.split("=")]
        for secret in secrets:
            if secret and len(secret) >= 6:
                line = line.replace(secret, "…")
    line = "".join(c if c.isprintable() else "?" for c in line)
    return line if len(line) <= MAX_FOREIGN_TEXT else line[: MAX_FOREIGN_TEXT - 1] + "…"


class NodeError(ChainError):
    """The node did not do what was asked. `url` is masked."""

    code = "chain.node"
    hint = "Try again, or configure another node for this chain."

    def __init__(self, url: str, message: str) -> None:
        super().__init__(f"{mask_url(url)}: {message}")
        self.url = mask_url(url)


class NodeUnreachable(NodeError):
    """Nobody answers at the node's address, or something other than a node does."""

    code = "chain.node-unreachable"
    hint = "Check that the node runs and that its URL is right; nothing was lost, run the command again afterwards."

    def __init__(self, url: str, reason: object) -> None:
        super().__init__(url, f"node unreachable: {foreign_text(reason, url)}")


class NodeRefused(NodeError):
    """The node answered with a JSON-RPC error."""

    code = "chain.node-refused"
    hint = "The message is the node's own; another node may allow what this one refuses."

    def __init__(self, url: str, method: str, rpc_code: int, message: str, data: bytes | None = None) -> None:
        self.method, self.rpc_code, self.data = method, rpc_code, data
        self.message = foreign_text(message, url)
        super().__init__(url, f"{method} refused ({rpc_code}): {self.message}")


class NodeMisbehaved(NodeError):
    """The node's answer is not a valid answer: wrong shape, too large, or not the hash that it claims."""

    code = "chain.node-misbehaved"
    hint = "Do not trust this node; configure another one for this chain."

    def __init__(self, url: str, what: str) -> None:
        super().__init__(url, f"not a valid answer: {foreign_text(what, url)}")


class WrongChain(ChainError):
    """The node serves another chain than the one that is configured."""

    code = "chain.wrong-chain"
    hint = "Point the configuration at a node of the expected chain; nothing was sent."

    def __init__(self, expected: int, got: int) -> None:
        super().__init__(f"expected chain {expected}, the node serves chain {got}")
        self.expected, self.got = expected, got


class WrongGenesis(ChainError):
    """The node's chain has the right id but another first block: another chain under the same number."""

    code = "chain.wrong-genesis"
    hint = "This is another chain under the same id (a reset dev chain, or a false node); nothing was sent."

    def __init__(self, chain_id: int, expected: bytes, got: bytes) -> None:
        super().__init__(f"chain {chain_id}: expected genesis 0x{expected.hex()}, the node has 0x{got.hex()}")
        self.chain_id, self.expected, self.got = chain_id, expected, got


class UnknownChain(ChainError):
    """No profile says how this chain behaves."""

    code = "chain.unknown-chain"
    hint = "Add a profile for this chain to the workspace (finality rule, receipts, fees)."

    def __init__(self, chain_id: int) -> None:
        super().__init__(f"no profile for chain {chain_id}")
        self.chain_id = chain_id


class ProfileInvalid(ChainError):
    """A chain profile cannot be used as it is written."""

    code = "chain.profile-invalid"
    hint = "Correct the profile; the shipped ones in onchain/profiles.json show the form."

    def __init__(self, where: str, reason: str) -> None:
        super().__init__(f"chain profile {where}: {foreign_text(reason)}")


class InsufficientFunds(ChainError):
    """The sending account cannot pay for value and gas. Amounts in wei."""

    code = "chain.insufficient-funds"
    hint = (
        "Send native coin to this address, then run the command again; nothing was stored or sent. On a chain of your"
        " own machine `tallystick deploy` gives every key some."
    )

    def __init__(self, needed: int, has: int, address: str) -> None:
        super().__init__(f"{address} needs {needed} wei, has {has}")
        self.needed, self.has, self.address = needed, has, address


class TransactionError(ChainError):
    """Something about one transaction."""

    code = "chain.transaction"
    hint = "Look at the transaction with an explorer."


class TransactionReverted(TransactionError):
    """A contract refused: in simulation (`tx` is None) or when mined.

    `name` is the custom error's, decoded from the ABI.
    """

    code = "chain.reverted"
    hint = "The contract's rule says no; the name and the arguments say which rule and which numbers."

    def __init__(self, name: str, args: Sequence[object] = (), tx: bytes | None = None) -> None:
        shown = ", ".join(f"0x{a.hex()}" if isinstance(a, bytes) else str(a) for a in args)
        where = f" in transaction 0x{tx.hex()}" if tx is not None else ""
        super().__init__(f"reverted{where}: {foreign_text(f'{name}({shown})')}")
        self.name, self.arguments, self.tx = name, tuple(args), tx


class TransactionStuck(TransactionError):
    """Not mined within the time that the caller gave."""

    code = "chain.stuck"
    hint = "It is stored and will be sent again with a higher fee; run the command again later."

    def __init__(self, key: str, nonce: int, seconds: float, attempts: int, reason: str = "") -> None:
        why = f": {foreign_text(reason)}" if reason else ""
        super().__init__(f"{key!r} (nonce {nonce}) not mined after {seconds:g} s and {attempts} attempts{why}")
        self.key, self.nonce, self.seconds, self.attempts = key, nonce, seconds, attempts


class TransactionUnknown(TransactionError):
    """No transaction was ever submitted under this key."""

    code = "chain.transaction-unknown"
    hint = "Submit it first."

    def __init__(self, key: str) -> None:
        super().__init__(f"no transaction is stored under {key!r}")
        self.key = key


class NotFinal(TransactionError):
    """Mined, but not final within the time that the caller gave."""

    code = "chain.not-final"
    hint = "Wait for the chain; on an idle dev chain blocks must be mined for anything to become final."

    def __init__(self, key: str, block_number: int, final_number: int) -> None:
        super().__init__(f"{key!r} is in block {block_number}, final is block {final_number}")
        self.key, self.block_number, self.final_number = key, block_number, final_number


class NonceTaken(TransactionError):
    """Another program used this account: the nonce of our transaction is spent, finally, by a foreign one."""

    code = "chain.nonce-taken"
    hint = "Use one workspace per key. Nothing was paid by us under this nonce; start the action again under a new key."

    def __init__(self, key: str, nonce: int, address: str) -> None:
        super().__init__(f"nonce {nonce} of {address}, meant for {key!r}, was used by somebody else")
        self.key, self.nonce, self.address = key, nonce, address


class KeyConflict(TransactionError):
    """One key, two different calls: keys name an effect, so the second call is a mistake."""

    code = "chain.key-conflict"
    hint = "Give a different effect a different key."

    def __init__(self, key: str) -> None:
        super().__init__(f"{key!r} already names another transaction")
        self.key = key


class ReorgDetected(ChainError):
    """A block that was final has another hash now, or is gone. Nothing that rests on it may be acted upon."""

    code = "chain.reorg"
    hint = "Stop, and compare with other nodes: either the node lies or the chain broke its promise."

    def __init__(self, number: int, expected: bytes, got: bytes) -> None:
        now = f"is now 0x{got.hex()}" if got else "is not there any more"
        super().__init__(f"final block {number} was 0x{expected.hex()}, {now}")
        self.number, self.expected, self.got = number, expected, got


class ProofUnavailable(ChainError):
    """No offline proof of a transaction can be built."""

    code = "chain.proof-unavailable"
    hint = "Ask a node that keeps receipts and old blocks; some chains have no provable receipts at all."

    def __init__(self, reason: str) -> None:
        super().__init__(foreign_text(reason))


class SignerError(ChainError):
    """Something about a key."""

    code = "chain.signer"
    hint = "Check the key's configuration."


class SignerLocked(SignerError):
    """There is no usable key where one should be: missing or broken keystore file, unset variable."""

    code = "chain.signer-locked"
    hint = "Create or restore the keystore, or set the variable that the configuration names."

    def __init__(self, where: str, reason: str) -> None:
        super().__init__(f"no usable key in {where}: {reason}")


class WrongPassword(SignerError):
    """The password does not open the keystore."""

    code = "chain.wrong-password"
    hint = "Try the password again; nothing was changed."

    def __init__(self, where: str) -> None:
        super().__init__(f"wrong password for {where}")


class SignerRefused(SignerError):
    """This signer does not sign that: a public key off a dev chain, another chain, malformed data."""

    code = "chain.signer-refused"
    hint = "Use a keystore of your own for chains that matter."

    def __init__(self, reason: str) -> None:
        super().__init__(foreign_text(reason))


class AbiError(ChainError):
    """A value does not fit the ABI, or bytes from outside do not decode by it."""

    code = "chain.abi"
    hint = "Compare the value with the contract's interface."

    def __init__(self, what: str) -> None:
        super().__init__(foreign_text(what))


class ArtifactMissing(ChainError):
    """No generated ABI under this name."""

    code = "chain.artifact-missing"
    hint = "Run `python -m onchain.compile`, or check the contract's name."

    def __init__(self, name: str) -> None:
        super().__init__(f"no generated ABI for contract {foreign_text(name)!r}")
        self.name = name


class ArtifactMismatch(ChainError):
    """The code at an address is not the code that this version of the contract has."""

    code = "chain.artifact-mismatch"
    hint = "The address belongs to another contract or version; deploy, or correct the recorded address."

    def __init__(self, name: str, address: str, expected: bytes, got: bytes) -> None:
        super().__init__(
            f"{name} at {address}: code hash 0x{got.hex()}, expected 0x{expected.hex()} (immutables aside)"
        )
        self.name, self.address, self.expected, self.got = name, address, expected, got


class NoSuchContract(ChainError):
    """There is no code at the address, or no address is recorded for the name."""

    code = "chain.no-such-contract"
    hint = "Run `tallystick deploy`, or configure the address of an existing deployment."

    def __init__(self, what: str, chain_id: int) -> None:
        super().__init__(f"no contract {foreign_text(what)} on chain {chain_id}")
        self.what, self.chain_id = what, chain_id


class DeploymentInvalid(ChainError):
    """The file of recorded addresses cannot be used."""

    code = "chain.deployment-invalid"
    hint = "Restore the file of deployments, or move it away and deploy again."

    def __init__(self, where: str, reason: str) -> None:
        super().__init__(f"deployments in {where}: {foreign_text(reason)}")


class CompileFailed(ChainError):
    """The compiler is missing or refused the sources."""

    code = "chain.compile-failed"
    hint = "Install the pinned compiler (npm ci in contracts/), then look at the first message."

    def __init__(self, reason: str) -> None:
        super().__init__(f"compilation failed: {reason[:4000]}")


class DevChainError(ChainError):
    """The local chain did not start, stop or obey."""

    code = "chain.dev-chain"
    hint = "Look into the dev chain's log file."

    def __init__(self, reason: str) -> None:
        super().__init__(foreign_text(reason))


class AnvilMissing(DevChainError):
    """No anvil program on this machine."""

    code = "chain.anvil-missing"
    hint = "Run `npm ci` in contracts/, or name the program in TALLYSTICK_ANVIL."

    def __init__(self) -> None:
        super().__init__("the program anvil was not found")
