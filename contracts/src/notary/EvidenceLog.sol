// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IEvidenceLog} from "./interfaces/IEvidenceLog.sol";
import {Errors} from "./libraries/Errors.sol";
import {MerkleTree} from "./libraries/MerkleTree.sol";
import {Log} from "./types/Log.sol";

/// @title EvidenceLog
/// @notice See IEvidenceLog.
contract EvidenceLog is IEvidenceLog {
    /// @dev A C2SP origin is a short, schema-less address of the log.
    uint256 private constant MAX_ORIGIN_BYTES = 256;
    /// @dev Room for the largest standard post-quantum public key (ML-DSA-87, 2,592 bytes) with its name and prefix.
    uint256 private constant MAX_NOTE_KEY_BYTES = 4096;
    bytes32 private constant NO_SUCCESSOR = 0;

    mapping(bytes32 logId => Log) private _logs;

    /// @inheritdoc IEvidenceLog
    function create(bytes32 salt, address owner, address appender, string calldata origin, bytes calldata noteKey)
        external
        returns (bytes32 logId)
    {
        if (owner == address(0)) revert Errors.EvidenceLog_ZeroOwner();
        uint256 length = bytes(origin).length;
        if (length == 0 || length > MAX_ORIGIN_BYTES) revert Errors.EvidenceLog_OriginLength(length, MAX_ORIGIN_BYTES);
        if (noteKey.length > MAX_NOTE_KEY_BYTES) {
            revert Errors.EvidenceLog_NoteKeyTooLong(noteKey.length, MAX_NOTE_KEY_BYTES);
        }

        logId = logIdOf(msg.sender, salt);
        Log storage log = _logs[logId];
        if (log.owner != address(0)) revert Errors.EvidenceLog_Exists(logId);

        log.owner = owner;
        log.appender = appender;
        emit LogCreated(logId, owner, appender, origin, noteKey);
    }

    /// @inheritdoc IEvidenceLog
    function append(bytes32 logId, uint64 fromSize, uint64 toSize, bytes32 root, bytes32[] calldata proof) external {
        Log storage log = _logs[logId];
        (address appender, uint64 size, bool closed) = (log.appender, log.size, log.closed);

        // Check: who, when, from where, how far.
        if (closed) revert Errors.EvidenceLog_Closed(logId);
        if (msg.sender != appender) revert Errors.EvidenceLog_OnlyAppender(logId, msg.sender, appender);
        if (fromSize != size) revert Errors.EvidenceLog_FromSizeMismatch(logId, fromSize, size);
        if (toSize <= size) revert Errors.EvidenceLog_SizeNotLarger(logId, toSize, size);

        // Check: the new tree begins with the old one. Every tree begins with the empty one; that needs no proof.
        if (size != 0) {
            MerkleTree.verifyConsistency(size, log.root, toSize, root, proof);
        } else if (proof.length != 0) {
            revert Errors.MerkleTree_ConsistencyInvalid(0, toSize, proof.length);
        }

        log.size = toSize;
        log.root = root;
        emit HeadAppended(logId, toSize, root);
    }

    /// @inheritdoc IEvidenceLog
    function setAppender(bytes32 logId, address appender) external {
        Log storage log = _ownedAndOpen(logId);
        log.appender = appender;
        emit AppenderSet(logId, appender);
    }

    /// @inheritdoc IEvidenceLog
    function transferOwnership(bytes32 logId, address newOwner) external {
        Log storage log = _ownedAndOpen(logId);
        log.pendingOwner = newOwner;
        emit OwnershipTransferStarted(logId, msg.sender, newOwner);
    }

    /// @inheritdoc IEvidenceLog
    function acceptOwnership(bytes32 logId) external {
        Log storage log = _logs[logId];
        address previousOwner = log.owner;
        address pendingOwner = log.pendingOwner;
        if (previousOwner == address(0)) revert Errors.EvidenceLog_UnknownLog(logId);
        if (msg.sender != pendingOwner) revert Errors.EvidenceLog_OnlyPendingOwner(logId, msg.sender, pendingOwner);
        if (log.closed) revert Errors.EvidenceLog_Closed(logId);

        log.owner = msg.sender;
        log.pendingOwner = address(0);
        emit OwnershipTransferred(logId, previousOwner, msg.sender);
    }

    /// @inheritdoc IEvidenceLog
    function close(bytes32 logId, bytes32 successor) external {
        Log storage log = _ownedAndOpen(logId);
        if (successor == logId) revert Errors.EvidenceLog_OwnSuccessor(logId);
        if (successor != NO_SUCCESSOR && _logs[successor].owner == address(0)) {
            revert Errors.EvidenceLog_UnknownLog(successor);
        }

        log.closed = true;
        log.successor = successor;
        emit LogClosed(logId, successor, log.size, log.root);
    }

    /// @inheritdoc IEvidenceLog
    function head(bytes32 logId)
        external
        view
        returns (uint64 size, bytes32 root, address appender, address owner, bool closed, bytes32 successor)
    {
        Log storage log = _logs[logId];
        return (log.size, log.root, log.appender, log.owner, log.closed, log.successor);
    }

    /// @inheritdoc IEvidenceLog
    function pendingOwnerOf(bytes32 logId) external view returns (address pendingOwner) {
        return _logs[logId].pendingOwner;
    }

    /// @inheritdoc IEvidenceLog
    function verifyInclusion(bytes32 logId, bytes32 leaf, uint64 index, bytes32[] calldata proof) external view {
        Log storage log = _logs[logId];
        if (log.owner == address(0)) revert Errors.EvidenceLog_UnknownLog(logId);
        MerkleTree.verifyInclusion(leaf, index, log.size, proof, log.root);
    }

    /// @inheritdoc IEvidenceLog
    function logIdOf(address creator, bytes32 salt) public pure returns (bytes32 logId) {
        return keccak256(abi.encode(creator, salt));
    }

    /// @dev The log, if the caller owns it and it is open.
    function _ownedAndOpen(bytes32 logId) private view returns (Log storage log) {
        log = _logs[logId];
        address owner = log.owner;
        if (owner == address(0)) revert Errors.EvidenceLog_UnknownLog(logId);
        if (msg.sender != owner) revert Errors.EvidenceLog_OnlyOwner(logId, msg.sender, owner);
        if (log.closed) revert Errors.EvidenceLog_Closed(logId);
    }
}
