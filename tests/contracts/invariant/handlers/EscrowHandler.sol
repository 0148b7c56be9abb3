// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IEscrowBook} from "tallystick/settlement/interfaces/IEscrowBook.sol";
import {EscrowState, EscrowTerms} from "tallystick/settlement/types/EscrowTerms.sol";

import {TermsMaker} from "../../support/TermsMaker.sol";
import {Store} from "../Store.sol";
import {Zoo} from "../Zoo.sol";
import {Handler} from "./Handler.sol";

/// @notice Payers, payees and strangers of up to six escrows.
contract EscrowHandler is Handler {
    uint256 private constant MOST = 6;
    uint256 private constant PAYER_KEY = 0xAA;
    uint256 private constant PAYEE_KEY = 0xBB;
    address private constant STRANGER = address(0x57);
    address private immutable payer = vm.addr(PAYER_KEY);
    address private immutable payee = vm.addr(PAYEE_KEY);

    IEscrowBook public immutable escrows;
    EscrowTerms[] private _terms;
    mapping(bytes32 escrowId => EscrowState) public stateBefore;
    mapping(bytes32 escrowId => bool) public withdrawnBefore;

    constructor(Store store_, Zoo zoo_, IEscrowBook escrows_) Handler(store_, zoo_) {
        escrows = escrows_;
    }

    function all() external view returns (EscrowTerms[] memory) {
        return _terms;
    }

    function open(uint256 seed) external timed {
        if (_terms.length == MOST) return;
        EscrowTerms memory terms;
        (terms.payer, terms.payee, terms.token) = (payer, payee, zoo.pick(TermsMaker.pick(seed, "token", 0, 5)));
        terms.amount = uint128(TermsMaker.pick(seed, "amount", 1, 1e18));
        terms.fundBy = uint40(block.timestamp + TermsMaker.pick(seed, "fund", 0, 40 days));
        terms.expiresAt = uint40(terms.fundBy + TermsMaker.pick(seed, "expires", 1, 40 days));
        terms.salt = bytes32(seed ^ _terms.length);
        _terms.push(terms);
        bytes32 id = escrows.escrowIdOf(terms);
        bytes memory data = abi.encodeCall(IEscrowBook.open, (terms, sign(PAYER_KEY, id), sign(PAYEE_KEY, id)));
        must("escrow open", STRANGER, address(escrows), data);
    }

    function fund(uint256 which) external timed {
        if (_terms.length == 0) return;
        EscrowTerms memory terms = _terms[which % _terms.length];
        zoo.give(terms.token, STRANGER, address(escrows), terms.amount);
        bool deniedFunder = terms.token == address(zoo.denylist()) && zoo.denylist().denied(STRANGER);
        bool possible = stateOf(terms) == EscrowState.Open && block.timestamp <= terms.fundBy
            && !zoo.misbehavesIn(terms.token) && !deniedFunder;
        act("escrow fund", possible, STRANGER, abi.encodeCall(IEscrowBook.fund, (terms)));
    }

    function release(uint256 which) external timed {
        if (_terms.length == 0 || (which >> 8) % 2 != 0) return;
        EscrowTerms memory terms = _terms[which % _terms.length];
        bool possible = stateOf(terms) == EscrowState.Funded && block.timestamp < terms.expiresAt;
        act("escrow release", possible, payer, abi.encodeCall(IEscrowBook.release, (terms)));
    }

    /// @dev Rare, because it is possible at any time: most escrows shall live to be released or to expire.
    function refund(uint256 which) external timed {
        if (_terms.length == 0 || (which >> 8) % 4 != 0) return;
        EscrowTerms memory terms = _terms[which % _terms.length];
        act("escrow refund", stateOf(terms) == EscrowState.Funded, payee, abi.encodeCall(IEscrowBook.refund, (terms)));
    }

    function reclaim(uint256 which) external timed {
        if (_terms.length == 0) return;
        EscrowTerms memory terms = _terms[which % _terms.length];
        bool possible = stateOf(terms) == EscrowState.Funded && block.timestamp >= terms.expiresAt;
        act("escrow reclaim", possible, STRANGER, abi.encodeCall(IEscrowBook.reclaim, (terms)));
    }

    function withdraw(uint256 which, bool rightful) external timed {
        if (_terms.length == 0) return;
        EscrowTerms memory terms = _terms[which % _terms.length];
        (EscrowState state, bool gone) = escrows.escrowOf(escrows.escrowIdOf(terms));
        address owner = state == EscrowState.Released ? payee : payer;
        address caller = rightful ? owner : owner == payer ? payee : payer;
        bool possible = state >= EscrowState.Released && !gone && rightful && !zoo.misbehavesOut(terms.token);
        act("escrow withdraw", possible, caller, abi.encodeCall(IEscrowBook.withdraw, (terms, VAULT)));
    }

    function pass(uint256 seed) external timed {
        uint256 to = block.timestamp + bound(seed >> 16, 1, 15 days);
        if (_terms.length != 0 && seed % 2 == 0) {
            EscrowTerms memory terms = _terms[(seed >> 8) % _terms.length];
            uint256 edge = ((seed >> 4) % 2 == 0 ? terms.fundBy : terms.expiresAt) + (seed >> 12) % 3;
            if (edge > block.timestamp + 1) to = edge - 1;
        }
        store.setTime(to);
    }

    function donate(uint256 seed, uint256 amount) external timed {
        address token = zoo.pick(seed);
        amount = bound(amount, 1, 1e12);
        zoo.give(token, address(escrows), STRANGER, amount);
        store.donate(address(escrows), token, amount);
    }

    function disturb(uint256 seed) external timed {
        bytes memory call;
        if (_terms.length != 0) {
            EscrowTerms memory terms = _terms[(seed >> 16) % _terms.length];
            uint256 kind = (seed >> 24) % 4;
            if (kind == 0) call = abi.encodeCall(IEscrowBook.fund, (terms));
            else if (kind == 1) call = abi.encodeCall(IEscrowBook.refund, (terms));
            else if (kind == 2) call = abi.encodeCall(IEscrowBook.reclaim, (terms));
            else call = abi.encodeCall(IEscrowBook.withdraw, (terms, VAULT));
        }
        zoo.disturb(seed, (seed >> 32) % 2 == 0 ? payee : STRANGER, address(escrows), call);
        if (seed % 4 == 0) zoo.calm();
    }

    /// @notice I13: whoever the sum belongs to draws it out alone, after the expiry at the latest.
    function drain() external timed {
        zoo.calm();
        for (uint256 i = 0; i < _terms.length; ++i) {
            EscrowTerms memory terms = _terms[i];
            if (stateOf(terms) == EscrowState.Funded) {
                vm.warp(terms.expiresAt > block.timestamp ? terms.expiresAt : block.timestamp);
                must("drain", STRANGER, address(escrows), abi.encodeCall(IEscrowBook.reclaim, (terms)));
            }
            (EscrowState state, bool gone) = escrows.escrowOf(escrows.escrowIdOf(terms));
            if (state < EscrowState.Released || gone) continue;
            address owner = state == EscrowState.Released ? payee : payer;
            must("drain", owner, address(escrows), abi.encodeCall(IEscrowBook.withdraw, (terms, VAULT)));
        }
    }

    function remember() internal override {
        for (uint256 i = 0; i < _terms.length; ++i) {
            bytes32 id = escrows.escrowIdOf(_terms[i]);
            (stateBefore[id], withdrawnBefore[id]) = escrows.escrowOf(id);
        }
    }

    function act(string memory what, bool possible, address caller, bytes memory data) private {
        if (possible) must(what, caller, address(escrows), data);
        else mustFail(string.concat(what, " refused"), caller, address(escrows), data);
    }

    function stateOf(EscrowTerms memory terms) private view returns (EscrowState state) {
        (state,) = escrows.escrowOf(escrows.escrowIdOf(terms));
    }
}
