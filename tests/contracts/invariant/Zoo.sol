// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {Vm} from "../support/Vm.sol";
import {DenylistToken, FalseToken, FeeToken, NoReturnToken, ReenteringToken} from "../support/tokens/HostileTokens.sol";

interface IZooToken {
    function mint(address to, uint256 amount) external;
    function approve(address spender, uint256 amount) external;
    function balanceOf(address account) external view returns (uint256);
    function allowance(address owner, address spender) external view returns (uint256);
}

/// @notice Six tokens, some of which misbehave when told to.
contract Zoo {
    Vm private constant vm = Vm(address(uint160(uint256(keccak256("hevm cheat code")))));

    DenylistToken public immutable denylist = new DenylistToken();
    NoReturnToken public immutable silent = new NoReturnToken();
    FeeToken public immutable fee = new FeeToken();
    FalseToken public immutable liar = new FalseToken();
    ReenteringToken public immutable reentering = new ReenteringToken();
    address public immutable plain = vm.deployCode("DemoToken.sol:DemoToken", abi.encode("Plain", "PLN", 2));

    constructor() {
        fee.set(false);
    }

    function tokens() public view returns (address[6] memory) {
        return [plain, address(denylist), address(silent), address(fee), address(liar), address(reentering)];
    }

    function pick(uint256 seed) external view returns (address) {
        return tokens()[seed % 6];
    }

    /// @notice One that always moves what it is told to: for collateral.
    function pickSteady(uint256 seed) external view returns (address) {
        return tokens()[seed % 3];
    }

    /// @notice Whether pulling this token in would go wrong now, whoever the payer is.
    function misbehavesIn(address token) external view returns (bool) {
        return (token == address(fee) && fee.on()) || misbehavesOut(token);
    }

    /// @notice Whether sending this token out would go wrong now. A fee on what arrives is the recipient's affair.
    function misbehavesOut(address token) public view returns (bool) {
        return token == address(liar) && (liar.failing() || liar.lying());
    }

    function give(address token, address to, address spender, uint256 amount) external {
        IZooToken(token).mint(to, amount);
        if (IZooToken(token).allowance(to, spender) != 0) {
            vm.prank(to);
            IZooToken(token).approve(spender, 0);
        }
        vm.prank(to);
        IZooToken(token).approve(spender, amount);
    }

    /// @notice Switch one kind of misbehaviour.
    function disturb(uint256 seed, address victim, address target, bytes calldata call) external {
        uint256 kind = seed % 6;
        bool on = (seed >> 8) % 2 == 0;
        if (kind == 0) fee.set(on);
        else if (kind == 1) liar.set(on, false);
        else if (kind == 2) liar.set(false, on);
        else if (kind == 3) denylist.deny(victim, on);
        else reentering.arm(on ? target : address(0), call, kind == 4);
    }

    /// @notice Everything behaves again, the denylist excepted.
    function calm() external {
        fee.set(false);
        liar.set(false, false);
        reentering.arm(address(0), "", false);
    }
}
