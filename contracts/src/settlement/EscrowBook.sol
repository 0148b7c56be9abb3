// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {EIP712} from "@openzeppelin/contracts/utils/cryptography/EIP712.sol";
import {ReentrancyGuardTransient} from "@openzeppelin/contracts/utils/ReentrancyGuardTransient.sol";
import {SignatureChecker} from "@openzeppelin/contracts/utils/cryptography/SignatureChecker.sol";

import {IEscrowBook} from "./interfaces/IEscrowBook.sol";
import {Errors} from "./libraries/Errors.sol";
import {ExactTransfer} from "./libraries/ExactTransfer.sol";
import {Escrow, EscrowState, EscrowTerms} from "./types/EscrowTerms.sol";

/// @title EscrowBook
/// @notice See IEscrowBook.
contract EscrowBook is IEscrowBook, EIP712, ReentrancyGuardTransient {
    bytes32 private constant TYPE_HASH = keccak256(
        "EscrowTerms(address payer,address payee,address token,uint128 amount,uint40 fundBy,uint40 expiresAt,"
        "bytes32 agreement,bytes32 salt)"
    );

    mapping(bytes32 escrowId => Escrow) private _escrows;

    constructor() EIP712("Tallystick EscrowBook", "1") {}

    /// @inheritdoc IEscrowBook
    function open(EscrowTerms calldata terms, bytes calldata payerSig, bytes calldata payeeSig)
        external
        returns (bytes32 escrowId)
    {
        _validate(terms);
        escrowId = escrowIdOf(terms);
        Escrow storage escrow = _escrows[escrowId];
        if (escrow.state != EscrowState.None) revert Errors.EscrowBook_AlreadyOpen(escrowId);
        _checkSignature(escrowId, terms.payer, payerSig);
        _checkSignature(escrowId, terms.payee, payeeSig);

        escrow.state = EscrowState.Open;
        emit EscrowOpened(escrowId, terms.payer, terms.payee, terms);
    }

    /// @inheritdoc IEscrowBook
    function fund(EscrowTerms calldata terms) external nonReentrant {
        (bytes32 escrowId, Escrow storage escrow) = _in(EscrowState.Open, terms);
        if (block.timestamp > terms.fundBy) revert Errors.EscrowBook_FundByPassed(block.timestamp, terms.fundBy);

        escrow.state = EscrowState.Funded;
        emit Funded(escrowId, msg.sender, terms.amount);

        ExactTransfer.receiveExactly(terms.token, msg.sender, terms.amount);
    }

    /// @inheritdoc IEscrowBook
    function release(EscrowTerms calldata terms) external nonReentrant {
        (bytes32 escrowId, Escrow storage escrow) = _in(EscrowState.Funded, terms);
        _checkCaller(escrowId, terms.payer);
        if (block.timestamp >= terms.expiresAt) {
            revert Errors.EscrowBook_Expired(escrowId, block.timestamp, terms.expiresAt);
        }

        escrow.state = EscrowState.Released;
        emit Released(escrowId);
    }

    /// @inheritdoc IEscrowBook
    function refund(EscrowTerms calldata terms) external nonReentrant {
        (bytes32 escrowId, Escrow storage escrow) = _in(EscrowState.Funded, terms);
        _checkCaller(escrowId, terms.payee);

        escrow.state = EscrowState.Refunded;
        emit Refunded(escrowId);
    }

    /// @inheritdoc IEscrowBook
    function reclaim(EscrowTerms calldata terms) external nonReentrant {
        (bytes32 escrowId, Escrow storage escrow) = _in(EscrowState.Funded, terms);
        if (block.timestamp < terms.expiresAt) {
            revert Errors.EscrowBook_NotExpired(escrowId, block.timestamp, terms.expiresAt);
        }

        escrow.state = EscrowState.Reclaimed;
        emit Reclaimed(escrowId);
    }

    /// @inheritdoc IEscrowBook
    function withdraw(EscrowTerms calldata terms, address to) external nonReentrant {
        bytes32 escrowId = escrowIdOf(terms);
        Escrow storage escrow = _escrows[escrowId];
        EscrowState state = escrow.state;
        if (state < EscrowState.Released) revert Errors.EscrowBook_WrongState(escrowId, state);
        _checkCaller(escrowId, state == EscrowState.Released ? terms.payee : terms.payer);
        if (escrow.withdrawn) revert Errors.EscrowBook_Withdrawn(escrowId);

        escrow.withdrawn = true;
        emit Withdrawn(escrowId, to, terms.amount);

        ExactTransfer.sendExactly(terms.token, to, terms.amount);
    }

    /// @inheritdoc IEscrowBook
    function escrowOf(bytes32 escrowId) external view returns (EscrowState state, bool withdrawn) {
        Escrow storage escrow = _escrows[escrowId];
        return (escrow.state, escrow.withdrawn);
    }

    /// @inheritdoc IEscrowBook
    function escrowIdOf(EscrowTerms calldata terms) public view returns (bytes32 escrowId) {
        return _hashTypedDataV4(keccak256(abi.encode(TYPE_HASH, terms)));
    }

    function _in(EscrowState expected, EscrowTerms calldata terms)
        private
        view
        returns (bytes32 escrowId, Escrow storage escrow)
    {
        escrowId = escrowIdOf(terms);
        escrow = _escrows[escrowId];
        EscrowState state = escrow.state;
        if (state != expected) revert Errors.EscrowBook_WrongState(escrowId, state);
    }

    function _checkCaller(bytes32 escrowId, address party) private view {
        if (msg.sender != party) revert Errors.EscrowBook_OnlyParty(escrowId, msg.sender, party);
    }

    function _checkSignature(bytes32 escrowId, address signer, bytes calldata signature) private view {
        if (!SignatureChecker.isValidSignatureNowCalldata(signer, escrowId, signature)) {
            revert Errors.EscrowBook_BadSignature(escrowId, signer);
        }
    }

    function _validate(EscrowTerms calldata terms) private view {
        (address payer, address payee, address token) = (terms.payer, terms.payee, terms.token);
        if (payer == address(0) || payee == address(0)) revert Errors.EscrowBook_ZeroParty();
        if (payer == payee) revert Errors.EscrowBook_PartiesSame(payer);
        if (payer == address(this) || payer == token) revert Errors.EscrowBook_PartyReserved(payer);
        if (payee == address(this) || payee == token) revert Errors.EscrowBook_PartyReserved(payee);
        if (token == address(this)) revert Errors.EscrowBook_PartyReserved(token);
        if (token.code.length == 0) revert Errors.EscrowBook_TokenWithoutCode(token);
        if (terms.amount == 0) revert Errors.EscrowBook_ZeroAmount();
        if (terms.fundBy >= terms.expiresAt) {
            revert Errors.EscrowBook_FundByNotBeforeExpiry(terms.fundBy, terms.expiresAt);
        }
        if (block.timestamp > terms.fundBy) revert Errors.EscrowBook_FundByPassed(block.timestamp, terms.fundBy);
    }
}
