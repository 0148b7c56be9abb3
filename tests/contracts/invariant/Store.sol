// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

/// @notice What the handlers remember beside the contracts: the clock, and ghost sums.
contract Store {
    uint256 public time;
    mapping(address holder => mapping(address token => uint256)) public donated;
    mapping(bytes32 planId => uint256) public paid; // accepted by the book
    mapping(bytes32 planId => uint256) public withdrawn;
    mapping(bytes32 planId => uint256) public released;
    mapping(bytes32 planId => uint256) public sold;
    mapping(string what => uint256) public hits;

    constructor(uint256 time_) {
        time = time_;
    }

    function setTime(uint256 time_) external {
        time = time_;
    }

    function donate(address holder, address token, uint256 amount) external {
        donated[holder][token] += amount;
    }

    function pay(bytes32 planId, uint256 amount) external {
        paid[planId] += amount;
    }

    function withdraw(bytes32 planId, uint256 amount) external {
        withdrawn[planId] += amount;
    }

    function release(bytes32 planId, uint256 amount) external {
        released[planId] += amount;
    }

    function sell(bytes32 planId, uint256 amount) external {
        sold[planId] += amount;
    }

    function hit(string calldata what) external {
        ++hits[what];
    }
}
