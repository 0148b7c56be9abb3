"""Transactions that are stored before they are sent, so that a process may die between any two lines.

    submit    simulate -> reserve the nonce, sign, store (one database transaction) -> broadcast
    advance   one step of what is needed now; harmless to repeat

                 broadcast                  mined                       its block is final
    (stored) ──────────────► pending ──────────────► included / failed ──────────────► final / failed, settled
                 ▲              │  dropped: broadcast again         │
                 └──────────────┘  stuck: same nonce, higher fee    │ the block was reorganised away
                                ◄───────────────────────────────────┘

A key names an effect: the same key gives the stored transaction, whatever happened in between. What must never
happen: one key under two nonces. So a transaction whose nonce was spent by somebody else is `failed` for good and is
never signed again by itself. All attempts of a transaction have the same nonce, so at most one of them is mined.
For the same reason a transaction is only ever looked after by the account, and on the chain, that it was stored for.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass

import sqlalchemy as sa
from sqlalchemy.engine import Engine
from sqlalchemy.exc import IntegrityError

from onchain import wire
from onchain.abi import checksum_address
from onchain.connect import (
    MAX_NUMBER,
    BlockRef,
    Chain,
    TxReceipt,
    block_call,
    parse_block,
    parse_receipt,
)
from onchain.contract import Contract
from onchain.errors import (
    ChainError,
    InsufficientFunds,
    KeyConflict,
    NodeError,
    NodeMisbehaved,
    NodeRefused,
    NonceTaken,
    NotFinal,
    ReorgDetected,
    TransactionReverted,
    TransactionStuck,
    TransactionUnknown,
)
from onchain.fees import MAX_FEE_PER_GAS, Fees, bump
from onchain.quote import TRANSFER_GAS, Quote, current_fees, quote
from onchain.records import (
    Attempt,
    TxRecord,
    insert_attempt,
    insert_transaction,
    next_nonce,
    read,
    read_at,
    unsettled,
    update,
)
from onchain.signer import SignedTransaction, Signer
from onchain.store import MAX_KEY

MAX_DATA = 120 * 1024  # bytes; nodes take transactions of 128 KiB
STUCK_BLOCKS = 6  # unmined for so many blocks' time: offer more
MIN_STUCK_SECONDS = 30
MAX_HEALED = 256  # nonces looked at in one step
RESERVE_ATTEMPTS = 1000  # each fails only when another process took the nonce in between
NONCE_TAKEN = "nonce spent by another transaction"


@dataclass(frozen=True)
class _View:
    """What the chain says about one transaction, from one round trip."""

    receipt: TxReceipt | None
    final: BlockRef
    next_nonce: int  # of the sender, in the newest block


class Sender:
    """Sends transactions of one signer on one chain, recorded in the database behind `engine`.

    clock          Unix seconds now; paces replacement only
    stuck_seconds  unmined for so long after broadcast: replaced; None takes six blocks' time, at least 30 s
    max_fee        wei per gas that is never exceeded

    Several processes may share one database and key; they share the nonces through unique keys there.
    """

    def __init__(
        self,
        engine: Engine,
        chain: Chain,
        signer: Signer,
        clock: Callable[[], int],
        *,
        stuck_seconds: int | None = None,
        max_fee: int = MAX_FEE_PER_GAS,
    ) -> None:
        self._engine, self.chain, self._signer, self._clock = engine, chain, signer, clock
        usual = max(MIN_STUCK_SECONDS, STUCK_BLOCKS * chain.profile.block_seconds)
        self._stuck_seconds = usual if stuck_seconds is None else stuck_seconds
        self._max_fee = max_fee

    @property
    def address(self) -> str:
        """The signer's EIP-55 address."""
        return self._signer.address

    # -- use -----------------------------------------------------------------------------------------------------------

    def submit(self, key: str, to: str | None, data: bytes, value: int = 0) -> TxRecord:
        """Send a transaction, or return the one that this key names already.

        key    1 … 200 characters; names the effect, the same for every repetition of it
        to     address, or None to create a contract with `data` as its creation code
        data   at most 120 KiB
        value  wei

        It is simulated first: what would revert is not stored and not sent. Once stored it is pending, and stays so
        while no node takes it: `advance` sends it again. Raises TransactionReverted, InsufficientFunds, KeyConflict,
        NodeError.
        """
        if not 1 <= len(key) <= MAX_KEY:
            raise ChainError(f"a transaction's key has 1 to {MAX_KEY} characters, not {len(key)}")
        if len(data) > MAX_DATA:
            raise ChainError(f"{len(data)} bytes of call data, at most {MAX_DATA}")
        to = None if to is None else checksum_address(to)
        stored = self._same(key, to, data, value)
        if stored is None:
            stored = self._store(key, to, data, value)
        if stored.status == "pending":
            self._broadcast(stored, stored.attempts[-1])
            return self._get(key)
        return stored

    def call_contract(self, key: str, contract: Contract, function: str, *args: object, value: int = 0) -> TxRecord:
        """Send a call of `function`. Raises AbiError and as `submit`."""
        return self.submit(key, contract.address, contract.encode(function, *args), value)

    def get(self, key: str) -> TxRecord | None:
        """The stored transaction as it was last seen, whoever sends it, without asking the node."""
        with self._engine.connect() as connection:
            return read(connection, key)

    def own(self, key: str) -> TxRecord | None:
        """The stored transaction of this signer on this chain, as `get`.  Raises KeyConflict when it is another's."""
        record = self.get(key)
        if record is not None and (record.chain_id, record.sender) != (self.chain.chain_id, self.address):
            raise KeyConflict(key)
        return record

    def advance(self, key: str) -> TxRecord:
        """Look at the chain and do what is needed now for this transaction.

        Raises TransactionUnknown, KeyConflict (another account's or another chain's), ReorgDetected, NodeError.
        """
        return self._step(self._get(key), heal=True)

    def advance_all(self) -> list[TxRecord]:
        """`advance` for all of this signer's transactions that are not settled, lowest nonce first."""
        with self._engine.connect() as connection:
            waiting = unsettled(connection, self.chain.chain_id, self.address)
        return [self._step(record, heal=True) for record in waiting]

    def wait(
        self,
        key: str,
        timeout: float,
        *,
        final: bool = False,
        between: Callable[[], object] | None = None,
    ) -> TxRecord:
        """Advance until it is mined, or with `final` until its block is final.

        timeout  seconds
        between  called between two looks; on an idle dev chain it mines (`DevChain.mine`)

        Raises TransactionReverted when it was mined and failed, NonceTaken, TransactionStuck, NotFinal, and as
        `advance`.
        """
        deadline = time.monotonic() + timeout
        pause = 0.01
        while True:
            record = self.advance(key)
            if record.status == "failed" and (record.settled or not final):
                raise self._failure(record)
            if record.status == "final" or (record.status == "included" and not final):
                return record
            if time.monotonic() >= deadline:
                if record.block_number is not None:
                    raise NotFinal(key, record.block_number, self.chain.final().number)
                raise TransactionStuck(key, record.nonce, timeout, len(record.attempts), record.error or "")
            if between is not None:
                between()
            time.sleep(min(pause, max(0.0, deadline - time.monotonic())))
            pause = min(pause * 1.5, self.chain.profile.block_seconds / 4)

    # -- storing -------------------------------------------------------------------------------------------------------

    def _get(self, key: str) -> TxRecord:
        record = self.own(key)
        if record is None:
            raise TransactionUnknown(key)
        return record

    def _same(self, key: str, to: str | None, data: bytes, value: int) -> TxRecord | None:
        """What is stored under `key`, if that is the same call. Raises KeyConflict."""
        record = self.get(key)
        if record is None:
            return None
        wanted = (self.chain.chain_id, self.address, to, data, value)
        if (record.chain_id, record.sender, record.to, record.data, record.value) != wanted:
            raise KeyConflict(key)
        return record

    def _store(self, key: str, to: str | None, data: bytes, value: int) -> TxRecord:
        """Simulate, then reserve a nonce, sign and store in one database transaction."""
        quoted = quote(self.chain, self.address, to, data, value, self._max_fee)
        with self._engine.connect() as connection:
            waiting = unsettled(connection, self.chain.chain_id, self.address)
        promised = sum(r.value + r.gas * r.attempts[-1].fees.max_fee for r in waiting if r.status == "pending")
        needed, free = value + quoted.gas * quoted.fees.max_fee, max(0, quoted.balance - promised)
        if free < needed:
            raise InsufficientFunds(needed, free, self.address)
        return self._reserve(key, to, data, value, quoted)

    def _reserve(self, key: str, to: str | None, data: bytes, value: int, quoted: Quote) -> TxRecord:
        nonce = quoted.nonce
        for _ in range(RESERVE_ATTEMPTS):
            try:
                with self._engine.begin() as connection:
                    nonce = max(nonce, next_nonce(connection, self.chain.chain_id, self.address))
                    self._insert(connection, key, nonce, to, data, value, quoted.gas, quoted.fees)
            except IntegrityError:  # another process took this key or this nonce in between
                stored = self._same(key, to, data, value)
                if stored is not None:
                    return stored
                continue
            return self._get(key)
        raise ChainError(f"no free nonce for {self.address} after {RESERVE_ATTEMPTS} attempts")

    def _insert(
        self,
        connection: sa.Connection,
        key: str,
        nonce: int,
        to: str | None,
        data: bytes,
        value: int,
        gas: int,
        fees: Fees,
    ) -> None:
        """Sign and store. Raises IntegrityError when the key or the nonce is taken."""
        signed = self._sign(nonce, to, data, value, gas, fees)
        identity = insert_transaction(
            connection,
            chain_id=self.chain.chain_id,
            sender=self.address,
            nonce=nonce,
            key=key,
            to=to,
            data=data,
            value=value,
            gas=gas,
            now=self._clock(),
        )
        insert_attempt(connection, identity, signed, fees)

    def _sign(self, nonce: int, to: str | None, data: bytes, value: int, gas: int, fees: Fees) -> SignedTransaction:
        tx: dict[str, object] = {
            "chainId": self.chain.chain_id,
            "nonce": nonce,
            "gas": gas,
            "value": value,
            "data": wire.hex_data(data),
        }
        if to is not None:
            tx["to"] = to
        if self.chain.profile.fees == "legacy":
            tx["gasPrice"] = fees.max_fee
        else:
            tx |= {"type": 2, "maxFeePerGas": fees.max_fee, "maxPriorityFeePerGas": fees.max_priority_fee}
        return self._signer.sign_transaction(tx)

    # -- one step ------------------------------------------------------------------------------------------------------

    def _step(self, record: TxRecord, *, heal: bool) -> TxRecord:
        if record.settled:
            return record
        view = self._look(record)
        if view.receipt is not None:
            return self._mined(record, view.receipt, view.final)
        if record.status != "pending":  # its block was reorganised away
            record = self._save(record, status="pending", block=None, error=None)
        if view.next_nonce > record.nonce:
            return self._nonce_spent(record, view)
        if heal and view.next_nonce < record.nonce:
            self._heal(view.next_nonce, record.nonce)
        return self._push(record, next_in_line=view.next_nonce == record.nonce)

    def _look(self, record: TxRecord) -> _View:
        """Receipts of all attempts, the final block and the sender's nonce, in one round trip."""
        depth = self.chain.profile.depth
        hashes = [attempt.hash for attempt in reversed(record.attempts)]
        answers = self.chain.batch_all(
            [
                ("eth_getTransactionCount", [self.address, "latest"]),
                block_call("finalized" if depth is None else "latest"),
                *(("eth_getTransactionReceipt", [wire.hex_data(h)]) for h in hashes),
            ]
        )
        final = parse_block(answers[1])
        if final is not None and depth is not None:
            final = self.chain.block(max(0, final.number - depth))
        if final is None:
            final = BlockRef(0, self.chain.genesis, 0)
        receipts = [parse_receipt(a, h) for a, h in zip(answers[2:], hashes, strict=True) if a is not None]
        return _View(
            receipt=receipts[0] if receipts else None,
            final=final,
            next_nonce=wire.quantity(answers[0], "nonce", MAX_NUMBER),
        )

    def _mined(self, record: TxRecord, receipt: TxReceipt, final: BlockRef) -> TxRecord:
        settled = False
        if receipt.block_number <= final.number:
            block = self.chain.block(receipt.block_number)
            settled = block is not None and block.hash == receipt.block_hash
        same_block = record.block_hash == receipt.block_hash and record.status != "pending"
        if same_block and not settled:
            return record
        if receipt.ok:
            return self._save(record, status="final" if settled else "included", block=receipt, settled=settled)
        error = record.error if same_block else self._reason(record, receipt)
        return self._save(record, status="failed", block=receipt, settled=settled, error=error)

    def _reason(self, record: TxRecord, receipt: TxReceipt) -> str:
        """Why a mined transaction failed, as far as running it again on the block before tells."""
        if receipt.gas_used >= record.gas:
            return f"out of gas ({record.gas})"
        try:
            self.chain.call(
                record.to, record.data, sender=record.sender, value=record.value, at=max(0, receipt.block_number - 1)
            )
        except TransactionReverted as exc:
            return str(exc).removeprefix("reverted: ")
        except ChainError:
            pass
        return "reverted; the state before it does not tell why"

    def _nonce_spent(self, record: TxRecord, view: _View) -> TxRecord:
        """The nonce is used but no receipt is ours: wait, until it is final that somebody else used it."""
        try:
            final_nonce = self.chain.nonce(self.address, view.final.number)
        except NodeRefused:  # the node keeps no state so old
            return record
        if final_nonce <= record.nonce or self._look(record).receipt is not None:
            return record
        return self._save(record, status="failed", block=None, settled=True, error=NONCE_TAKEN)

    def _push(self, record: TxRecord, *, next_in_line: bool) -> TxRecord:
        """Make sure that a node has it, with an offer that is high enough."""
        last = record.attempts[-1]
        if self.chain.rpc("eth_getTransactionByHash", [wire.hex_data(last.hash)]) is None:
            outcome = self._broadcast(record, last)
            if outcome == "underpriced" and next_in_line:
                return self._replace(record)
            return self._get(record.key)
        if last.sent_at is None:  # sent by a process that died before it could note so
            with self._engine.begin() as connection:
                update(connection, record.id, attempt=last.hash, sent_at=self._clock())
        elif next_in_line and self._clock() - last.sent_at >= self._stuck_seconds:
            return self._replace(record)
        return self._get(record.key)

    def _replace(self, record: TxRecord) -> TxRecord:
        """Another attempt at the same nonce with a higher fee, stored before it is sent."""
        fees = bump(record.attempts[-1].fees, current_fees(self.chain, self._max_fee), self._max_fee)
        if fees is None:
            return self._save(record, status="pending", block=None, error=f"the fee limit {self._max_fee} is reached")
        signed = self._sign(record.nonce, record.to, record.data, record.value, record.gas, fees)
        try:
            with self._engine.begin() as connection:
                insert_attempt(connection, record.id, signed, fees)
        except IntegrityError:  # another process replaced it in the same way
            return self._get(record.key)
        self._broadcast(record, Attempt(signed.hash, signed.raw, fees, None))
        return self._get(record.key)

    def _broadcast(self, record: TxRecord, attempt: Attempt) -> str:
        """Give an attempt to the node.

        Returns sent, spent, underpriced, or failed; what failed is noted, not raised.
        """
        try:
            answer = self.chain.rpc("eth_sendRawTransaction", [wire.hex_data(attempt.raw)])
            if wire.data(answer, "hash of a sent transaction", 32) != attempt.hash:
                raise NodeMisbehaved(self.chain.url, "a sent transaction got another hash")
            outcome, problem = "sent", None
        except NodeRefused as exc:
            outcome, problem = _outcome(exc.message), exc.message
        except NodeError as exc:
            outcome, problem = "failed", str(exc)
        with self._engine.begin() as connection:
            if outcome == "sent":
                update(connection, record.id, attempt=attempt.hash, sent_at=self._clock())
            if outcome != "spent" and not record.settled:
                note = None if outcome == "sent" else problem
                update(connection, record.id, values={"error": note, "updated_at": self._clock()}, only_pending=True)
        return outcome

    def _heal(self, first: int, last: int) -> None:
        """See that all nonces from `first` below `last` are on their way: later ones cannot be mined before them."""
        pending = self.chain.nonce(self.address, "pending")
        for nonce in range(first, min(last, first + MAX_HEALED)):
            with self._engine.connect() as connection:
                record = read_at(connection, self.chain.chain_id, self.address, nonce)
            if record is None:
                if nonce >= pending:
                    self._fill(nonce)
            elif not record.settled:
                self._step(record, heal=False)
            else:
                self._unsettle(record)

    def _fill(self, nonce: int) -> None:
        """Spend a nonce that nobody has a transaction for (ours vanished with a reorganisation) on an empty one."""
        fees = current_fees(self.chain, self._max_fee)
        key = f"gap:{self.chain.chain_id}:{self.address}:{nonce}"
        try:
            with self._engine.begin() as connection:
                self._insert(connection, key, nonce, self.address, b"", 0, TRANSFER_GAS, fees)
        except IntegrityError:  # another process fills it
            return
        record = self._get(key)
        self._broadcast(record, record.attempts[-1])

    def _unsettle(self, record: TxRecord) -> None:
        """A settled transaction is missing: a dev chain may have lost its last second, no other chain may."""
        if record.block_number is None or record.block_hash is None:
            return
        block = self.chain.block(record.block_number)
        if block is not None and block.hash == record.block_hash:
            return  # the node is only behind
        if not self.chain.profile.dev:
            raise ReorgDetected(record.block_number, record.block_hash, b"" if block is None else block.hash)
        self._step(self._save(record, status="pending", block=None, error=None, unsettle=True), heal=False)

    def _save(
        self,
        record: TxRecord,
        *,
        status: str,
        block: TxReceipt | None,
        settled: bool = False,
        error: str | None = None,
        unsettle: bool = False,
    ) -> TxRecord:
        values: dict[str, object] = {
            "status": status,
            "settled": settled,
            "error": error,
            "block_number": block and block.block_number,
            "block_hash": block and block.block_hash,
            "mined_hash": block and block.tx_hash,
            "gas_used": block and block.gas_used,
            "gas_price": block and str(block.gas_price),
            "contract": block and block.contract,
            "updated_at": self._clock(),
        }
        with self._engine.begin() as connection:
            update(connection, record.id, values=values, also_settled=unsettle)
        return self._get(record.key)

    def _failure(self, record: TxRecord) -> ChainError:
        if record.error == NONCE_TAKEN:
            return NonceTaken(record.key, record.nonce, record.sender)
        name, bracket, rest = (record.error or "reverted").partition("(")
        return TransactionReverted(name, (rest.removesuffix(")"),) if bracket and rest != ")" else (), record.tx_hash)


def _outcome(message: str) -> str:
    """What a node's refusal of a signed transaction means; the words differ from node to node."""
    text = message.lower()
    if any(words in text for words in ("already known", "known transaction", "already imported", "already in")):
        return "sent"
    if any(words in text for words in ("nonce too low", "nonce is too low", "old nonce", "oldnonce")):
        return "spent"
    if any(words in text for words in ("underpriced", "base fee", "fee too low", "feetoolow", "gas price too low")):
        return "underpriced"
    return "failed"
