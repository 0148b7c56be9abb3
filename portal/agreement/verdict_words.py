"""What the checks of an agreement are called and what their reasons mean, in the languages of a verdict."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from portal.agreement.verdict import AgreementReason as R


@dataclass(frozen=True, slots=True)
class VerdictWords:
    """titles: of the checks, from 1; alone: said where no plan lay beside; not_proven: said at every end."""

    titles: tuple[str, ...]
    meanings: Mapping[R, str]
    alone: str
    not_proven: str


WORDS: Final[Mapping[str, VerdictWords]] = {
    "en": VerdictWords(
        titles=(
            "It carries terms that the contract would accept, and nothing else",
            "Every page says what these terms say",
            "The plan’s terms are these, but for the field that holds the digest",
            "Digest and salt of this file lead to that field",
            "Both parties signed the plan’s terms",
        ),
        meanings={
            R.TERMS_INVALID: "The file carries no terms, other files, or terms that the contract would refuse.",
            R.NUMBER_DIFFERS: "A number, a date or an address on a page is not what follows from the terms.",
            R.WORDS_DIFFER: "The words on a page are not those that follow from the terms.",
            R.PAGES_DIFFER: "Pages are missing, were added, or cannot be read.",
            R.COVERED: "Something was laid over a page, or its frame was moved.",
            R.ADDED: "The file has something that no agreement has, as a script, a form or other settings.",
            R.DRAWN_DIFFERENTLY: "The text is the same, but it is drawn by other operations, fonts or pictures.",
            R.MAKER_DIFFERS: "The pages look otherwise here, but another edition of the program made them, or other "
            "fonts. Check it with the edition that made it.",
            R.PLAN_DIFFERS: "This is the agreement of other terms than those of the plan beside it.",
            R.SALT_MISSING: "The plan beside does not give the salt. Ask for its file or dossier.",
            R.SALT_DIFFERS: "With the salt that the plan beside gives, this digest does not lead to the signed terms.",
            R.DIGEST_DIFFERS: "The signed terms commit to another file than this.",
            R.UNSIGNED: "A party has not signed the plan.",
            R.SIGNATURE_INVALID: "A signature is not the party’s own over these terms.",
            R.WALLET_UNASKED: "A party signed by a contract, which only its chain can check: see the plan’s dossier.",
        },
        alone="Held against its own terms only: nobody need have signed them. Give the plan’s file or dossier, too.",
        not_proven="It does not show who the parties are, what else they agreed, or that a translation is a good one.",
    ),
    "zh-Hans": VerdictWords(
        titles=(
            "文件带有合约会接受的条款，且不带有其他内容",
            "每一页所写的都与这些条款一致",
            "除存放摘要的字段外，还款计划的条款与此相同",
            "本文件的摘要和盐值可以得出该字段",
            "双方都签署了还款计划的条款",
        ),
        meanings={
            R.TERMS_INVALID: "文件不带有条款、带有其他文件，或者带有合约会拒绝的条款。",
            R.NUMBER_DIFFERS: "某一页上的数字、日期或者地址，与条款得出的不同。",
            R.WORDS_DIFFER: "某一页上的文字，与条款得出的不同。",
            R.PAGES_DIFFER: "缺少页面、增加了页面，或者页面无法读取。",
            R.COVERED: "有内容覆盖在页面上，或者页面边框被移动。",
            R.ADDED: "文件带有协议不会有的内容，例如脚本、表单或者其他设置。",
            R.DRAWN_DIFFERENTLY: "文字相同，但所用的绘制操作、字体或者图片不同。",
            R.MAKER_DIFFERS: "页面在此处呈现不同，但文件由程序的另一版本制作，或者使用了其他字体。"
            "请用制作它的版本检查。",
            R.PLAN_DIFFERS: "这是另一份条款的协议，不是旁边这份还款计划的协议。",
            R.SALT_MISSING: "旁边的还款计划没有给出盐值。请索取当事人保存的计划文件或者卷宗。",
            R.SALT_DIFFERS: "用旁边的还款计划给出的盐值，此摘要不能得出所签署的条款。",
            R.DIGEST_DIFFERS: "所签署的条款承诺的是另一份文件，不是本文件。",
            R.UNSIGNED: "有一方尚未签署还款计划。",
            R.SIGNATURE_INVALID: "有一个签名不是该方对这些条款作出的。",
            R.WALLET_UNASKED: "有一方通过合约签署，只有其所在的链可以检查：请验证该计划的卷宗。",
        },
        alone="仅与其自身的条款核对：不代表有人签署过。请一并提供还款计划的文件或者卷宗。",
        not_proven="它不说明当事人是谁、他们另外约定了什么，也不说明译文是否准确。",
    ),
    "zh-Hant": VerdictWords(
        titles=(
            "文件帶有合約會接受的條款，且不帶有其他內容",
            "每一頁所寫的都與這些條款一致",
            "除存放摘要的欄位外，還款計劃的條款與此相同",
            "本文件的摘要和鹽值可以得出該欄位",
            "雙方都簽署了還款計劃的條款",
        ),
        meanings={
            R.TERMS_INVALID: "文件不帶有條款、帶有其他文件，或者帶有合約會拒絕的條款。",
            R.NUMBER_DIFFERS: "某一頁上的數字、日期或者地址，與條款得出的不同。",
            R.WORDS_DIFFER: "某一頁上的文字，與條款得出的不同。",
            R.PAGES_DIFFER: "缺少頁面、增加了頁面，或者頁面無法讀取。",
            R.COVERED: "有內容覆蓋在頁面上，或者頁面邊框被移動。",
            R.ADDED: "文件帶有協議不會有的內容，例如腳本、表單或者其他設定。",
            R.DRAWN_DIFFERENTLY: "文字相同，但所用的繪製操作、字型或者圖片不同。",
            R.MAKER_DIFFERS: "頁面在此處呈現不同，但文件由程式的另一版本製作，或者使用了其他字型。"
            "請用製作它的版本檢查。",
            R.PLAN_DIFFERS: "這是另一份條款的協議，不是旁邊這份還款計劃的協議。",
            R.SALT_MISSING: "旁邊的還款計劃沒有給出鹽值。請索取當事人保存的計劃文件或者卷宗。",
            R.SALT_DIFFERS: "用旁邊的還款計劃給出的鹽值，此摘要不能得出所簽署的條款。",
            R.DIGEST_DIFFERS: "所簽署的條款承諾的是另一份文件，不是本文件。",
            R.UNSIGNED: "有一方尚未簽署還款計劃。",
            R.SIGNATURE_INVALID: "有一個簽名不是該方對這些條款作出的。",
            R.WALLET_UNASKED: "有一方透過合約簽署，只有其所在的鏈可以檢查：請驗證該計劃的卷宗。",
        },
        alone="僅與其自身的條款核對：不代表有人簽署過。請一併提供還款計劃的文件或者卷宗。",
        not_proven="它不說明當事人是誰、他們另外約定了什麼，也不說明譯文是否準確。",
    ),
}
