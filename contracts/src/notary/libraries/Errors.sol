// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

/// @title Errors
/// @notice Every custom error of the evidence room, sorted. Arguments: which log, what was got, what is allowed.
library Errors {
    /// @notice Thrown when a log is changed after its owner closed it.
    error EvidenceLog_Closed(bytes32 logId);

    /// @notice Thrown when a log with this id exists already: one creator used one salt twice.
    error EvidenceLog_Exists(bytes32 logId);

    /// @notice Thrown when a head starts from another size than the stored one: it is out of date or skips entries.
    error EvidenceLog_FromSizeMismatch(bytes32 logId, uint64 fromSize, uint64 storedSize);

    /// @notice Thrown when the note key is longer than allowed, in bytes.
    error EvidenceLog_NoteKeyTooLong(uint256 length, uint256 maximum);

    /// @notice Thrown when somebody else than the log's appender appends.
    error EvidenceLog_OnlyAppender(bytes32 logId, address caller, address appender);

    /// @notice Thrown when somebody else than the log's owner acts for it.
    error EvidenceLog_OnlyOwner(bytes32 logId, address caller, address owner);

    /// @notice Thrown when somebody else than the named next owner accepts the log.
    error EvidenceLog_OnlyPendingOwner(bytes32 logId, address caller, address pendingOwner);

    /// @notice Thrown when the origin is empty or longer than allowed, in bytes.
    error EvidenceLog_OriginLength(uint256 length, uint256 maximum);

    /// @notice Thrown when a log is closed in favour of itself.
    error EvidenceLog_OwnSuccessor(bytes32 logId);

    /// @notice Thrown when a head does not contain more entries than the stored one.
    error EvidenceLog_SizeNotLarger(bytes32 logId, uint64 toSize, uint64 storedSize);

    /// @notice Thrown when no log has this id.
    error EvidenceLog_UnknownLog(bytes32 logId);

    /// @notice Thrown when a log would have no owner.
    error EvidenceLog_ZeroOwner();

    /// @notice Thrown when a consistency proof does not lead from the first root to the second.
    error MerkleTree_ConsistencyInvalid(uint64 firstSize, uint64 secondSize, uint256 proofLength);

    /// @notice Thrown when an inclusion proof does not lead from the leaf to the root.
    error MerkleTree_InclusionInvalid(uint64 index, uint64 size, uint256 proofLength);
}
