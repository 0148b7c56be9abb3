"""还款计划档案核验用语：简体中文。The words of a dossier's check in Simplified Chinese."""

from __future__ import annotations

from dataclasses import replace
from typing import Final

from notary.verdicts.reasons.zh_hans import WORDS as BASE
from portal.dossier.words import PlanReason, PlanText

WORDS: Final = replace(
    BASE,
    titles=(
        "档案所列合约即双方签署时所指的合约，其接口为本程序所知",
        "条款符合合约的规则，所披露的内容与条款中的承诺值相符",
        "双方就这条链和这份合约签署了这些条款",
        "每个事件都在其所称的区块中",
        "各事件均属于本计划，其中每个数额都可由条款推算得出",
        "各区块确为该链的区块；最后一个区块的时间即档案所述状态的时间",
        "账本合约目前的记载与档案一致，且该合约为本程序所知",
    ),
    meanings={
        **BASE.meanings,
        PlanReason.ABI_DIFFERS: "档案中的接口与本程序附带的合约接口不同。",
        PlanReason.ADDRESS_DIFFERS: "档案所列的合约不是双方签署时所指的合约。",
        PlanReason.TERMS_INVALID: "合约不会接受这些条款，或者所披露的内容与条款中的承诺值不符。",
        PlanReason.SIGNATURE_MISSING: "有一方没有签名。",
        PlanReason.SIGNATURE_INVALID: "有一个签名不是当事人的密钥对这些条款所作的签名。",
        PlanReason.WALLET_UNASKED: "有一个签名不是密钥签名。如为合约钱包的签名，只有链上才能核实："
        "请用 --rpc 指明您自己的节点，或者在信任文件的合约清单中列出账本合约。",
        PlanReason.PROOF_INVALID: "有一个事件不在其所称的区块中。",
        PlanReason.NOT_OPENED: "档案没有证明该计划已经开立：从中得不出链上的任何事实。",
        PlanReason.EVENT_FOREIGN: "有一个事件属于另一个计划或者另一份合约。",
        PlanReason.HISTORY_INCONSISTENT: "各事件与条款不相符：有事件缺失、重复，或者不属于本计划。",
        PlanReason.BLOCK_UNCONFIRMED: "您这一方没有任何信息可以确认某个区块属于该链。"
        "请用 --rpc 指明您自己的节点，或者提供信任文件。",
        PlanReason.BLOCK_DIFFERS: "您掌握的信息中，该编号的区块是另一个区块。",
        PlanReason.DEV_CHAIN: "这些区块属于开发链：对其他任何人都不能证明什么。",
        PlanReason.MONEY_DIFFERS: "代币的名称或者小数位数与档案所述不同：其中的金额会误导人。",
        PlanReason.LATER_EVENTS: "账本合约目前的记载与档案不同：档案没有包含最近的事件。请重新导出。",
        PlanReason.CODE_DIFFERS: "该合约地址上的代码不是本程序所附合约的代码。",
        PlanReason.NODE_SILENT: "没有任何节点可供查询账本合约。",
    },
    texts={
        **BASE.texts,
        PlanText.CONTRACT: "{name} {address}",
        PlanText.CONTRACTS_NONE: "无",
        PlanText.CONTRACTS_OTHER: "档案所列为链 {chain} 上的 {found}，计划所指为链 {signed_chain} 上的 {expected}",
        PlanText.CONTRACTS: "链 {chain} 上的 {contracts}",
        PlanText.INTERFACE_OTHER: "{name} 的接口",
        PlanText.AGREEMENT: "协议",
        PlanText.JURISDICTION: "法域",
        PlanText.OPENED_FOR: "已披露承诺值所对应的内容：{what}",
        PlanText.OPENED_NONE: "没有披露任何承诺值所对应的内容",
        PlanText.DEBTOR: "债务人 {address}",
        PlanText.CREDITOR: "债权人 {address}",
        PlanText.UNSIGNED: "{party} 没有签名",
        PlanText.NOT_BY_KEY: "{party} 没有用密钥签署这些条款",
        PlanText.NO_KEY: "不是密钥签名：{parties}",
        PlanText.NO_KEY_ACCEPTED: "{said}；账本合约在开立计划时接受了该签名",
        PlanText.SIGNED: "{parties} 签署了 {plan}",
        PlanText.RECEIPT_ELSEWHERE: "第 {index} 号交易回执不在区块 {block} 中",
        PlanText.TRANSACTION_FAILED: "区块 {block} 的第 {index} 号交易执行失败",
        PlanText.NO_EVENT: "档案中没有事件",
        PlanText.PROVEN: "{events} 个事件，{blocks} 个区块",
        PlanText.EVENTS_UNPROVEN: "各事件没有得到证明",
        PlanText.NO_OPENING: "没有开立该计划的事件",
        PlanText.FOLLOWS: "{payments} 笔付款，合计 {units} 个最小单位",
        PlanText.BLOCK_BEHIND: "区块 {block} 排在区块 {other} 之后，而后者并不更早",
        PlanText.EVENT_ORDER: "区块 {block} 的事件 {log} 顺序不对",
        PlanText.EVENT_MISSING: "区块 {block} 中的交易回执没有事件 {log}",
        PlanText.EVENT_OTHER: "区块 {block} 的事件 {log} 不属于本计划",
        PlanText.HEADER_UNREADABLE: "有一个区块头无法读取",
        PlanText.BLOCKS: "{count} 个区块",
        PlanText.BLOCKS_DEV: "{count} 个开发链的区块",
        PlanText.NO_ACCOUNT: "没有可供比对的账目",
        PlanText.NO_NODE: "没有节点服务于该链",
        PlanText.MONEY_OTHER: "代币自称 {symbol}，小数位数为 {decimals}",
        PlanText.BOOK_OTHER: "{node}：目前已付 {now} 个最小单位，档案中为 {then}",
        PlanText.BOOK_SAME: "{nodes} 如此答复",
        PlanText.PLAN: "计划 {name}，截至 {time}：{state}（根据其事件）。",
        PlanText.PAID: "  已付      {principal}，另付逾期费用 {charges}",
        PlanText.OWED: "  现应付    {now}；合计尚欠 {total}",
        PlanText.STATE_CURRENT: "正常还款",
        PlanText.STATE_IN_GRACE: "宽限期内",
        PlanText.STATE_ARREARS: "逾期",
        PlanText.STATE_DEFAULTED: "违约",
        PlanText.STATE_COMPLETED: "已还清",
    },
    not_proven="以下各项未获证明：档案中最后一个事件之后没有再发生任何事（可用 --rpc 查询账本合约）、"
    "双方在这些条款之外有何约定、双方是何人。代币的符号和小数位数在查询节点之前仅为档案自身的说法。",
)
