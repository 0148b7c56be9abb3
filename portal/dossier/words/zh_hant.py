"""還款計劃檔案核驗用語：繁體中文。The words of a dossier's check in Traditional Chinese."""

from __future__ import annotations

from dataclasses import replace
from typing import Final

from notary.verdicts.reasons.zh_hant import WORDS as BASE
from portal.dossier.words import PlanReason, PlanText

WORDS: Final = replace(
    BASE,
    titles=(
        "檔案所列合約即雙方簽署時所指的合約，其介面為本程式所知",
        "條款符合合約的規則，所披露的內容與條款中的承諾值相符",
        "雙方就這條鏈和這份合約簽署了這些條款",
        "每個事件都在其所稱的區塊中",
        "各事件均屬於本計劃，其中每個數額都可由條款推算得出",
        "各區塊確為該鏈的區塊；最後一個區塊的時間即檔案所述狀態的時間",
        "帳本合約目前的記載與檔案一致，且該合約為本程式所知",
    ),
    meanings={
        **BASE.meanings,
        PlanReason.ABI_DIFFERS: "檔案中的介面與本程式附帶的合約介面不同。",
        PlanReason.ADDRESS_DIFFERS: "檔案所列的合約不是雙方簽署時所指的合約。",
        PlanReason.TERMS_INVALID: "合約不會接受這些條款，或者所披露的內容與條款中的承諾值不符。",
        PlanReason.SIGNATURE_MISSING: "有一方沒有簽署。",
        PlanReason.SIGNATURE_INVALID: "有一個簽章不是當事人的密鑰對這些條款所作的簽章。",
        PlanReason.WALLET_UNASKED: "有一個簽章不是密鑰簽章。如為合約錢包的簽章，只有鏈上才能核實："
        "請用 --rpc 指明您自己的節點，或者在信任檔的合約清單中列出帳本合約。",
        PlanReason.PROOF_INVALID: "有一個事件不在其所稱的區塊中。",
        PlanReason.NOT_OPENED: "檔案沒有證明該計劃已經開立：從中得不出鏈上的任何事實。",
        PlanReason.EVENT_FOREIGN: "有一個事件屬於另一個計劃或者另一份合約。",
        PlanReason.HISTORY_INCONSISTENT: "各事件與條款不相符：有事件缺失、重複，或者不屬於本計劃。",
        PlanReason.BLOCK_UNCONFIRMED: "您這一方沒有任何資料可以確認某個區塊屬於該鏈。"
        "請用 --rpc 指明您自己的節點，或者提供信任檔。",
        PlanReason.BLOCK_DIFFERS: "您掌握的資料中，該編號的區塊是另一個區塊。",
        PlanReason.DEV_CHAIN: "這些區塊屬於開發鏈：對其他任何人都不能證明什麼。",
        PlanReason.MONEY_DIFFERS: "代幣的名稱或者小數位數與檔案所述不同：其中的金額會誤導人。",
        PlanReason.LATER_EVENTS: "帳本合約目前的記載與檔案不同：檔案沒有包含最近的事件。請重新匯出。",
        PlanReason.CODE_DIFFERS: "該合約地址上的程式碼不是本程式所附合約的程式碼。",
        PlanReason.NODE_SILENT: "沒有任何節點可供查詢帳本合約。",
    },
    texts={
        **BASE.texts,
        PlanText.CONTRACT: "{name} {address}",
        PlanText.CONTRACTS_NONE: "無",
        PlanText.CONTRACTS_OTHER: "檔案所列為鏈 {chain} 上的 {found}，計劃所指為鏈 {signed_chain} 上的 {expected}",
        PlanText.CONTRACTS: "鏈 {chain} 上的 {contracts}",
        PlanText.INTERFACE_OTHER: "{name} 的介面",
        PlanText.AGREEMENT: "協議",
        PlanText.JURISDICTION: "法域",
        PlanText.OPENED_FOR: "已披露承諾值所對應的內容：{what}",
        PlanText.OPENED_NONE: "沒有披露任何承諾值所對應的內容",
        PlanText.DEBTOR: "債務人 {address}",
        PlanText.CREDITOR: "債權人 {address}",
        PlanText.UNSIGNED: "{party} 沒有簽署",
        PlanText.NOT_BY_KEY: "{party} 沒有用密鑰簽署這些條款",
        PlanText.NO_KEY: "不是密鑰簽章：{parties}",
        PlanText.NO_KEY_ACCEPTED: "{said}；帳本合約在開立計劃時接受了該簽章",
        PlanText.SIGNED: "{parties} 簽署了 {plan}",
        PlanText.RECEIPT_ELSEWHERE: "第 {index} 號交易回執不在區塊 {block} 中",
        PlanText.TRANSACTION_FAILED: "區塊 {block} 的第 {index} 號交易執行失敗",
        PlanText.NO_EVENT: "檔案中沒有事件",
        PlanText.PROVEN: "{events} 個事件，{blocks} 個區塊",
        PlanText.EVENTS_UNPROVEN: "各事件沒有得到證明",
        PlanText.NO_OPENING: "沒有開立該計劃的事件",
        PlanText.FOLLOWS: "{payments} 筆付款，合計 {units} 個最小單位",
        PlanText.BLOCK_BEHIND: "區塊 {block} 排在區塊 {other} 之後，而後者並不更早",
        PlanText.EVENT_ORDER: "區塊 {block} 的事件 {log} 順序不對",
        PlanText.EVENT_MISSING: "區塊 {block} 中的交易回執沒有事件 {log}",
        PlanText.EVENT_OTHER: "區塊 {block} 的事件 {log} 不屬於本計劃",
        PlanText.HEADER_UNREADABLE: "有一個區塊頭無法讀取",
        PlanText.BLOCKS: "{count} 個區塊",
        PlanText.BLOCKS_DEV: "{count} 個開發鏈的區塊",
        PlanText.NO_ACCOUNT: "沒有可供比對的帳目",
        PlanText.NO_NODE: "沒有節點服務於該鏈",
        PlanText.MONEY_OTHER: "代幣自稱 {symbol}，小數位數為 {decimals}",
        PlanText.BOOK_OTHER: "{node}：目前已付 {now} 個最小單位，檔案中為 {then}",
        PlanText.BOOK_SAME: "{nodes} 如此答覆",
        PlanText.PLAN: "計劃 {name}，截至 {time}：{state}（根據其事件）。",
        PlanText.PAID: "  已付      {principal}，另付逾期費用 {charges}",
        PlanText.OWED: "  現應付    {now}；合計尚欠 {total}",
        PlanText.STATE_CURRENT: "正常還款",
        PlanText.STATE_IN_GRACE: "寬限期內",
        PlanText.STATE_ARREARS: "逾期",
        PlanText.STATE_DEFAULTED: "違約",
        PlanText.STATE_COMPLETED: "已還清",
    },
    not_proven="以下各項未獲證明：檔案中最後一個事件之後沒有再發生任何事（可用 --rpc 查詢帳本合約）、"
    "雙方在這些條款之外有何約定、雙方是何人。代幣的符號和小數位數在查詢節點之前僅為檔案自身的說法。",
)
