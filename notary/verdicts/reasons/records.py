"""The words of a validation of evidence records, in each language of notary/verdicts/reasons."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Final


class RecordReason(StrEnum):
    """Why a check did not simply pass. The codes are stable; each has its sentence in every language."""

    INVALID = "er-invalid"
    ENCRYPTED = "er-encrypted"
    NO_DOCUMENT = "er-no-document"
    OBJECT_MISSING = "er-object-missing"
    ROOT_DIFFERS = "er-root-differs"
    CHAIN_BROKEN = "er-chain-broken"
    TOKEN_INVALID = "er-token-invalid"  # noqa: S105 (time-stamp tokens)
    TOKEN_UNTRUSTED = "er-token-untrusted"  # noqa: S105
    TOKEN_EXPIRED = "er-token-expired"  # noqa: S105
    TOKEN_REVOKED = "er-token-revoked"  # noqa: S105
    ALGORITHM_WEAK = "er-algorithm-weak"
    NOT_REACHED = "er-not-reached"


@dataclass(frozen=True, slots=True)
class RecordWords:
    """titles: of the eight checks; renew: a template with {until} and {what}."""

    titles: tuple[str, ...]
    meanings: Mapping[RecordReason, str]
    renew: str
    not_proven: str


EN: Final = RecordWords(
    titles=(
        "record is well-formed",
        "document is an object of the record",
        "hash trees lead to what the tokens stamp",
        "renewals cover what came before them",
        "tokens are signed",
        "authorities are trusted, and tokens were renewed in time",
        "algorithms were good until they were renewed",
        "time",
    ),
    meanings={
        RecordReason.INVALID: "The record was cut off, altered, or is no evidence record. Ask for it again.",
        RecordReason.ENCRYPTED: "The record is about encrypted objects; this program validates records of plain ones.",
        RecordReason.NO_DOCUMENT: "The document that the record is about was not given, or not in every hash it needs.",
        RecordReason.OBJECT_MISSING: "The record is about another document, or this one was changed.",
        RecordReason.ROOT_DIFFERS: "A hash tree does not lead to what its time-stamp stamps: the record was altered.",
        RecordReason.CHAIN_BROKEN: "A renewal does not cover what came before it: the record was altered or put "
        "together.",
        RecordReason.TOKEN_INVALID: "A time-stamp's signature does not hold: the token was altered.",
        RecordReason.TOKEN_UNTRUSTED: "You trust no authority that made this time-stamp. Give its root with "
        "--tsa-root or a trust file.",
        RecordReason.TOKEN_EXPIRED: "A time-stamp was not renewed before its authority's certificate ended.",
        RecordReason.TOKEN_REVOKED: "The certificate of a time-stamp's authority was revoked.",
        RecordReason.ALGORITHM_WEAK: "An algorithm reached its end, by your policy, before it was renewed.",
        RecordReason.NOT_REACHED: "An earlier check failed, so this one says nothing.",
    },
    renew="Renew before {until}: {what} ends then.",
    not_proven="Not proven: that the contents are true, or who made the document; a time-stamp says that it existed.",
)

ZH_HANS: Final = RecordWords(
    titles=(
        "证据记录格式完好",
        "文件是该记录所涵盖的对象",
        "哈希树导出时间戳所盖的值",
        "每次续期都涵盖此前的内容",
        "时间戳令牌签名有效",
        "时间戳机构可信，且令牌均及时续期",
        "各算法在续期之前一直可靠",
        "时间",
    ),
    meanings={
        RecordReason.INVALID: "该记录被截断、被改动，或者根本不是证据记录。请重新索取。",
        RecordReason.ENCRYPTED: "该记录针对的是加密后的对象；本程序只核验针对明文对象的记录。",
        RecordReason.NO_DOCUMENT: "没有提供该记录所涉及的文件，或者缺少所需的某种哈希值。",
        RecordReason.OBJECT_MISSING: "该记录针对的是另一份文件，或者这份文件被改动过。",
        RecordReason.ROOT_DIFFERS: "某棵哈希树导出的值与其时间戳所盖的值不符：记录被改动。",
        RecordReason.CHAIN_BROKEN: "某次续期没有涵盖此前的内容：记录被改动，或者由不同记录拼接而成。",
        RecordReason.TOKEN_INVALID: "某个时间戳的签名不成立：令牌被改动。",
        RecordReason.TOKEN_UNTRUSTED: "您没有信任任何出具该时间戳的机构。请用 --tsa-root 或信任文件提供其根证书。",
        RecordReason.TOKEN_EXPIRED: "某个时间戳在其机构的证书到期之前没有续期。",
        RecordReason.TOKEN_REVOKED: "出具某个时间戳的机构的证书已被吊销。",
        RecordReason.ALGORITHM_WEAK: "按照您的策略，某个算法在续期之前已经到期。",
        RecordReason.NOT_REACHED: "前面的检查未通过，因此这一项说明不了什么。",
    },
    renew="请在 {until} 之前续期：届时 {what} 到期。",
    not_proven="未能证明的事项：内容是否属实、文件由谁制作；时间戳只说明文件当时已经存在。",
)

ZH_HANT: Final = RecordWords(
    titles=(
        "證據紀錄格式完好",
        "檔案是該紀錄所涵蓋的對象",
        "雜湊樹導出時間戳記所蓋的值",
        "每次續期都涵蓋先前的內容",
        "時間戳記權杖簽章有效",
        "時間戳記機構可信，且權杖均及時續期",
        "各演算法在續期之前一直可靠",
        "時間",
    ),
    meanings={
        RecordReason.INVALID: "該紀錄被截斷、被改動，或者根本不是證據紀錄。請重新索取。",
        RecordReason.ENCRYPTED: "該紀錄針對的是加密後的對象；本程式只核驗針對明文對象的紀錄。",
        RecordReason.NO_DOCUMENT: "沒有提供該紀錄所涉及的檔案，或者缺少所需的某種雜湊值。",
        RecordReason.OBJECT_MISSING: "該紀錄針對的是另一份檔案，或者這份檔案被改動過。",
        RecordReason.ROOT_DIFFERS: "某棵雜湊樹導出的值與其時間戳記所蓋的值不符：紀錄被改動。",
        RecordReason.CHAIN_BROKEN: "某次續期沒有涵蓋先前的內容：紀錄被改動，或者由不同紀錄拼接而成。",
        RecordReason.TOKEN_INVALID: "某個時間戳記的簽章不成立：權杖被改動。",
        RecordReason.TOKEN_UNTRUSTED: "您沒有信任任何出具該時間戳記的機構。請用 --tsa-root 或信任檔提供其根憑證。",
        RecordReason.TOKEN_EXPIRED: "某個時間戳記在其機構的憑證到期之前沒有續期。",
        RecordReason.TOKEN_REVOKED: "出具某個時間戳記的機構的憑證已被廢止。",
        RecordReason.ALGORITHM_WEAK: "依照您的政策，某個演算法在續期之前已經到期。",
        RecordReason.NOT_REACHED: "前面的檢查未通過，因此這一項說明不了什麼。",
    },
    renew="請在 {until} 之前續期：屆時 {what} 到期。",
    not_proven="未能證明的事項：內容是否屬實、檔案由誰製作；時間戳記只說明檔案當時已經存在。",
)

RECORD_WORDS: Final[Mapping[str, RecordWords]] = {"en": EN, "zh-Hans": ZH_HANS, "zh-Hant": ZH_HANT}
"""By locale, one of notary.verdicts.reasons.LOCALES."""
