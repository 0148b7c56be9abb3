// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {LogFixture} from "../../support/LogFixture.sol";
import {UniformTree} from "../../support/MerkleReference.sol";

/// @dev Gas of whole transactions by the rules of Prague (contracts/foundry.toml); Osaka prices none of this otherwise.
/// forge-config: default.isolate = true
/// forge-config: deep.isolate = true
contract GasTest is LogFixture {
    event Measured(uint64 from, uint64 to, uint256 gas);
    event MeasuredMany(uint64 from, uint256 mean, uint256 worst);

    function test_append_costs_less_than_45000_gas_at_a_thousand_entries() external {
        vm.assertLt(gasOf(1000, 1200), 45_000, "1,000 to 1,200");
        vm.assertLt(gasOf(1000, 1001), 45_000, "1,000 to 1,001");
        (uint256 mean, uint256 worst) = gasFrom(1000);
        vm.assertLt(mean, 45_000, "mean from 1,000 on");
        vm.assertLt(worst, 48_500, "worst from 1,000 on");
    }

    function test_append_costs_less_than_75000_gas_at_a_million_entries() external {
        vm.assertLt(gasOf(1_000_000, 1_000_200), 50_000, "1,000,000 to 1,000,200");
        vm.assertLt(gasOf(1_000_000, 1_000_001), 50_000, "1,000,000 to 1,000,001");
        (uint256 mean, uint256 worst) = gasFrom(1_000_000);
        vm.assertLt(mean, 52_000, "mean from 1,000,000 on");
        vm.assertLt(worst, 55_000, "worst from 1,000,000 on");
    }

    /// @notice Just below a power of two each level adds a node to the proof and two hashes.
    function test_append_stays_below_its_ceiling_where_the_proof_is_longest() external {
        vm.assertLt(gasOf(1023, 1223), 49_000, "1,023 to 1,223");
        vm.assertLt(gasOf(1_048_575, 1_048_775), 60_000, "1,048,575 to 1,048,775");
    }

    /// @dev One append to a log whose only head has `from` entries.
    function gasOf(uint64 from, uint64 to) private returns (uint256 gas) {
        uint256 empty = vm.snapshotState();
        append(0, from, UniformTree.root(from), new bytes32[](0));
        append(from, to, UniformTree.root(to), UniformTree.consistency(from, to));
        gas = vm.lastCallGas().gasTotalUsed;
        vm.revertToState(empty);
        emit Measured(from, to, gas);
    }

    /// @dev Twenty appends of 1 to 20 entries from `size` on; the first head of the log is not among them.
    function gasFrom(uint64 size) private returns (uint256 mean, uint256 worst) {
        append(0, size, UniformTree.root(size), new bytes32[](0));
        uint64 from = size;
        for (uint64 i = 1; i <= 20; ++i) {
            uint64 to = from + i;
            append(from, to, UniformTree.root(to), UniformTree.consistency(from, to));
            uint256 used = vm.lastCallGas().gasTotalUsed;
            mean += used;
            if (used > worst) worst = used;
            from = to;
        }
        mean /= 20;
        emit MeasuredMany(size, mean, worst);
    }
}
