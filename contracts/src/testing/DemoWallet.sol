// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IERC1271} from "@openzeppelin/contracts/interfaces/IERC1271.sol";
import {Address} from "@openzeppelin/contracts/utils/Address.sol";
import {ECDSA} from "@openzeppelin/contracts/utils/cryptography/ECDSA.sol";

/// @title DemoWallet
/// @notice The smallest wallet with code that can sign (ERC-1271) and act, for demo and tests. One key owns it for
/// ever; there is no recovery: never keep anything real in it.
contract DemoWallet is IERC1271 {
    /// @notice Thrown when somebody else than the owner lets the wallet act.
    error DemoWallet_OnlyOwner(address caller, address owner);

    address public immutable owner;

    constructor(address owner_) {
        owner = owner_;
    }

    /// @notice Call `target` as this wallet. Requirements: called by the owner. Reverts as the call does.
    function execute(address target, bytes calldata data) external returns (bytes memory result) {
        if (msg.sender != owner) revert DemoWallet_OnlyOwner(msg.sender, owner);
        return Address.functionCall(target, data);
    }

    /// @inheritdoc IERC1271
    function isValidSignature(bytes32 hash, bytes calldata signature) external view returns (bytes4 magic) {
        (address signer, ECDSA.RecoverError failure,) = ECDSA.tryRecoverCalldata(hash, signature);
        bool valid = failure == ECDSA.RecoverError.NoError && signer == owner;
        return valid ? IERC1271.isValidSignature.selector : bytes4(0xffffffff);
    }
}
