// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

/// @title IEvidenceLog
/// @notice Heads of append-only RFC 9162 logs. Each new head is accepted only with a proof that it continues the last
/// one, so not even a log's owner can drop, change or reorder an entry that a head on chain covers.
///
/// States of a log: none -> open (create) -> closed (close). Closed is final.
///
/// Who may do what:
/// - anybody      create a log; read everything
/// - appender     append to its log while it is open
/// - owner        replace the appender, hand the log over (two steps), close it; never append, never rewrite
///
/// There is no admin, no fee, no pause and no upgrade.
///
/// Assumptions, and what breaks if they fail:
/// - SHA-256 resists collisions and second pre-images; otherwise entries could be swapped under an unchanged root.
/// - What enters the log is a salted commitment. Roots are public for ever; nothing here checks what a leaf is.
/// - The first head of a log is taken as it is: what it covers was chosen by the appender. From then on order is fixed.
interface IEvidenceLog {
    /// @notice A log came into being.
    /// @param origin   the log's name in its signed checkpoints (C2SP tlog-checkpoint)
    /// @param noteKey  public key of those checkpoints, in the encoding of the C2SP signed note; may be empty
    event LogCreated(bytes32 indexed logId, address indexed owner, address appender, string origin, bytes noteKey);

    /// @notice The log now has `size` entries, under `root`.
    event HeadAppended(bytes32 indexed logId, uint64 indexed size, bytes32 root);

    /// @notice From now on `appender` appends; zero: nobody does.
    event AppenderSet(bytes32 indexed logId, address indexed appender);

    /// @notice The owner named the next owner, or, with zero, took that back.
    event OwnershipTransferStarted(bytes32 indexed logId, address indexed owner, address indexed pendingOwner);

    /// @notice The named owner accepted the log.
    event OwnershipTransferred(bytes32 indexed logId, address indexed previousOwner, address indexed owner);

    /// @notice The log ended at `size` entries under `root`; `successor` continues it, zero: nothing does.
    event LogClosed(bytes32 indexed logId, bytes32 indexed successor, uint64 size, bytes32 root);

    /// @notice Create a log.
    /// Requirements: the caller has not used this salt before; `owner` is not zero; `origin` has 1 to 256 bytes,
    /// `noteKey` at most 4,096 (the largest note keys, post-quantum ones, have about 2,600).
    /// Emits LogCreated.
    /// @param salt      any value that the caller has not used; fixes the id ahead of time
    /// @param owner     the cold key
    /// @param appender  the hot key; zero: set later by the owner
    /// @return logId    keccak256(abi.encode(caller, salt))
    function create(bytes32 salt, address owner, address appender, string calldata origin, bytes calldata noteKey)
        external
        returns (bytes32 logId);

    /// @notice Record a head.
    /// Requirements: called by the appender; the log is open; `fromSize` is the stored size; `toSize` is larger;
    /// `proof` is the RFC 9162 consistency proof from the stored root to `root`, and empty if the stored size is 0.
    /// Emits HeadAppended.
    /// @param fromSize  entries under the stored root
    /// @param toSize    entries under `root`
    /// @param root      RFC 9162 root hash
    /// @param proof     node hashes in the order of RFC 9162, section 2.1.4.1
    function append(bytes32 logId, uint64 fromSize, uint64 toSize, bytes32 root, bytes32[] calldata proof) external;

    /// @notice Replace the appender. Zero stops all appending.
    /// Requirements: called by the owner; the log is open. Emits AppenderSet.
    function setAppender(bytes32 logId, address appender) external;

    /// @notice Name the next owner, who must accept. Zero takes an earlier naming back.
    /// Requirements: called by the owner; the log is open. Emits OwnershipTransferStarted.
    function transferOwnership(bytes32 logId, address newOwner) external;

    /// @notice Take over a log.
    /// Requirements: called by the named next owner; the log is open. Emits OwnershipTransferred.
    function acceptOwnership(bytes32 logId) external;

    /// @notice End the log for ever and name its heir.
    /// Requirements: called by the owner; the log is open; `successor` is zero or another log that exists here.
    /// Emits LogClosed.
    function close(bytes32 logId, bytes32 successor) external;

    /// @notice The id that `create` gives a log of this creator and salt.
    function logIdOf(address creator, bytes32 salt) external pure returns (bytes32 logId);

    /// @notice The log's present state. `owner` is zero, as all else, when there is no such log.
    function head(bytes32 logId)
        external
        view
        returns (uint64 size, bytes32 root, address appender, address owner, bool closed, bytes32 successor);

    /// @notice The named next owner of a log; zero: none.
    function pendingOwnerOf(bytes32 logId) external view returns (address pendingOwner);

    /// @notice Check that an entry is in the log, under its present head; reverts if the proof does not show it.
    /// @param leaf   SHA-256(0x00 || entry)
    /// @param index  place of the entry, 0 <= index < size
    /// @param proof  RFC 9162 inclusion proof for the log's present size, leaf level first
    function verifyInclusion(bytes32 logId, bytes32 leaf, uint64 index, bytes32[] calldata proof) external view;
}
