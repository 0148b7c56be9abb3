"""What the check of a signing record says to people, in each language of the verdicts."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from portal.signing.record import Kind, Level, Role
from portal.signing.verdict import RecordReason as R

if TYPE_CHECKING:
    from portal.dossier.file import PartyRecord


@dataclass(frozen=True)
class RecordWords:
    """One language: titles of the checks, meanings of the reasons, the record's lines, what it does not show.

    listed, declined  templates of what a dossier says: {role}; {sha256}; {reason}
    lines  templates: {name} {role} {address}; {times}; {languages}; {agreement}; {documents}; {program}
    """

    titles: tuple[str, ...]
    meanings: Mapping[R, str]
    roles: Mapping[Role, str]
    kinds: Mapping[Kind, str]
    levels: Mapping[Level, str]
    lines: tuple[str, ...]
    listed: str
    declined: str
    none: str
    comma: str
    not_proven: str


WORDS: Final[Mapping[str, RecordWords]] = {
    "en": RecordWords(
        titles=(
            "The record was sealed",
            "The address signed",
            "The person signed",
            "The record is of this plan and this party",
            "The agreement is the one that the terms commit to",
            "The documents are those that the record names",
        ),
        meanings={
            R.RECEIPT_ABSENT: "No receipt of the record was given, so nothing shows when it was made.",
            R.RECEIPT_UNPROVEN: "The receipt does not prove all that it could; its own reason is named.",
            R.RECEIPT_FAILED: "The receipt is not of this record, or it is false.",
            R.ADDRESS_UNSIGNED: "Nothing here was signed by the address: neither the record, nor terms beside it.",
            R.ADDRESS_SIGNATURE_INVALID: "A signature in the record was not made by the key of the address it names.",
            R.WALLET_UNASKED: "The address is a contract wallet's, which only its chain can ask (--rpc).",
            R.PERSON_STATED: "The name rests on sealed documents and on whoever made the record; people judge them.",
            R.PERSON_UNBOUND: "Nothing in the record ties the name to a person: no document, no certificate.",
            R.E_SIGNATURE_INVALID: "An e-signature was not made over this record or this agreement.",
            R.SIGNER_UNTRUSTED: "No root of yours stands behind the certificate; name it with --signer-root.",
            R.SIGNER_EXPIRED: "The certificate was not valid when the record was sealed.",
            R.SIGNER_UNDATED: "Nothing proves a time at which the certificate could be judged.",
            R.SIGNATURE_UNSUPPORTED: "This program cannot check a signature of this kind here.",
            R.PLAN_ABSENT: "No plan was given to compare with: its dossier, or the file that the parties signed.",
            R.PLAN_DIFFERS: "The record is of another plan than the one beside it.",
            R.PARTY_DIFFERS: "The terms name another address for this role.",
            R.RECORD_DIFFERS: "The dossier names another record of this party.",
            R.AGREEMENT_ABSENT: "The record names no agreement: the terms stand alone.",
            R.AGREEMENT_DIFFERS: "The agreement is not the one that the terms commit to.",
            R.DOCUMENT_FOREIGN: "A file given is none that the record names: it is another one, or was altered.",
        },
        roles={Role.DEBTOR: "debtor", Role.CREDITOR: "creditor", Role.GUARANTOR: "guarantor"},
        kinds={
            Kind.ID_DOCUMENT: "identity document",
            Kind.COMPANY_REGISTER: "extract of the company register",
            Kind.POWER_OF_ATTORNEY: "power of attorney",
            Kind.VIDEO: "video",
            Kind.SIGNED_AGREEMENT: "signed agreement",
            Kind.OTHER: "other document",
        },
        levels={
            Level.UNSTATED: "not stated",
            Level.ADVANCED: "stated as advanced, not checked",
            Level.QUALIFIED: "stated as qualified, not checked",
        },
        lines=(
            "{role}: {name}, as stated; signs as {address}",
            "shown {shown}, signed {signed}, both as stated; recorded {made} by {program}",
            "shown in: {languages}; level of the e-signature: {level}",
            "documents: {documents}",
        ),
        listed="{role}: signing record with SHA-256 {sha256}, as the file says",
        declined="{role}: no signing record, as the file says: {reason}",
        none="none",
        comma=", ",
        not_proven="It does not show that the documents are genuine, that the certificate's holder and the name are "
        "the same person, or that the party understood what it was shown. Compare the names yourself.",
    ),
    "zh-Hans": RecordWords(
        titles=(
            "签署记录已封存",
            "该地址已签名",
            "本人已签名",
            "记录属于本计划和本当事人",
            "协议就是条款所承诺的那一份",
            "文件就是记录所列的那些",
        ),
        meanings={
            R.RECEIPT_ABSENT: "没有提供该记录的凭据，因此无法表明它何时作成。",
            R.RECEIPT_UNPROVEN: "凭据未能证明全部事项；其自身的原因已列出。",
            R.RECEIPT_FAILED: "凭据不属于该记录，或者是虚假的。",
            R.ADDRESS_UNSIGNED: "这里没有任何内容由该地址签名：记录没有，旁边的条款也没有。",
            R.ADDRESS_SIGNATURE_INVALID: "记录中的一个签名不是由其所称地址的密钥作出的。",
            R.WALLET_UNASKED: "该地址属于合约钱包，只有通过其所在的链才能核实（--rpc）。",
            R.PERSON_STATED: "姓名或者名称依据的是已封存的文件和记录制作人的陈述；须由人来判断。",
            R.PERSON_UNBOUND: "记录中没有任何内容把该姓名或者名称与某人联系起来：没有文件，也没有证书。",
            R.E_SIGNATURE_INVALID: "一个电子签名不是针对该记录或者该协议作出的。",
            R.SIGNER_UNTRUSTED: "您的根证书中没有一个支持该证书；请用 --signer-root 指定。",
            R.SIGNER_EXPIRED: "记录封存时，该证书不在有效期内。",
            R.SIGNER_UNDATED: "没有任何内容能证明可据以判断证书的时间。",
            R.SIGNATURE_UNSUPPORTED: "本程序在此无法核验这一类签名。",
            R.PLAN_ABSENT: "没有提供可供比对的计划：其卷宗，或者双方签署的文件。",
            R.PLAN_DIFFERS: "该记录属于另一个计划，不是旁边的这一个。",
            R.PARTY_DIFFERS: "条款为该身份写明的是另一个地址。",
            R.RECORD_DIFFERS: "卷宗所列的是该当事人的另一份记录。",
            R.AGREEMENT_ABSENT: "记录没有写明任何协议：只有条款本身。",
            R.AGREEMENT_DIFFERS: "该协议不是条款所承诺的那一份。",
            R.DOCUMENT_FOREIGN: "所提供的一个文件不在记录所列之中：是另一个文件，或者已被改动。",
        },
        roles={Role.DEBTOR: "债务人", Role.CREDITOR: "债权人", Role.GUARANTOR: "保证人"},
        kinds={
            Kind.ID_DOCUMENT: "身份证件",
            Kind.COMPANY_REGISTER: "企业登记材料",
            Kind.POWER_OF_ATTORNEY: "授权委托书",
            Kind.VIDEO: "视频",
            Kind.SIGNED_AGREEMENT: "已签署的协议",
            Kind.OTHER: "其他文件",
        },
        levels={
            Level.UNSTATED: "未说明",
            Level.ADVANCED: "自称为高级电子签名，未经核验",
            Level.QUALIFIED: "自称为合格电子签名，未经核验",
        },
        lines=(
            "{role}：{name}（据陈述）；签名地址 {address}",
            "出示于 {shown}，签署于 {signed}，均据陈述；由 {program} 记录于 {made}",
            "出示的语言：{languages}；电子签名的等级：{level}",
            "文件：{documents}",
        ),
        listed="{role}：签署记录的 SHA-256 为 {sha256}（据本文件）",
        declined="{role}：没有签署记录（据本文件）：{reason}",
        none="无",
        comma="、",
        not_proven="它不能表明文件是真实的，不能表明证书持有人与所列姓名是同一人，也不能表明当事人理解了向其出示的内容。请自行比对姓名。",
    ),
    "zh-Hant": RecordWords(
        titles=(
            "簽署紀錄已封存",
            "該地址已簽名",
            "本人已簽名",
            "紀錄屬於本計劃和本當事人",
            "協議就是條款所承諾的那一份",
            "文件就是紀錄所列的那些",
        ),
        meanings={
            R.RECEIPT_ABSENT: "沒有提供該紀錄的憑據，因此無法表明它何時作成。",
            R.RECEIPT_UNPROVEN: "憑據未能證明全部事項；其自身的原因已列出。",
            R.RECEIPT_FAILED: "憑據不屬於該紀錄，或者是虛假的。",
            R.ADDRESS_UNSIGNED: "這裡沒有任何內容由該地址簽名：紀錄沒有，旁邊的條款也沒有。",
            R.ADDRESS_SIGNATURE_INVALID: "紀錄中的一個簽名不是由其所稱地址的金鑰作出的。",
            R.WALLET_UNASKED: "該地址屬於合約錢包，只有透過其所在的鏈才能核實（--rpc）。",
            R.PERSON_STATED: "姓名或者名稱依據的是已封存的文件和紀錄製作人的陳述；須由人來判斷。",
            R.PERSON_UNBOUND: "紀錄中沒有任何內容把該姓名或者名稱與某人聯繫起來：沒有文件，也沒有憑證。",
            R.E_SIGNATURE_INVALID: "一個電子簽名不是針對該紀錄或者該協議作出的。",
            R.SIGNER_UNTRUSTED: "您的根憑證中沒有一個支持該憑證；請用 --signer-root 指定。",
            R.SIGNER_EXPIRED: "紀錄封存時，該憑證不在有效期內。",
            R.SIGNER_UNDATED: "沒有任何內容能證明可據以判斷憑證的時間。",
            R.SIGNATURE_UNSUPPORTED: "本程式在此無法核驗這一類簽名。",
            R.PLAN_ABSENT: "沒有提供可供比對的計劃：其卷宗，或者雙方簽署的檔案。",
            R.PLAN_DIFFERS: "該紀錄屬於另一個計劃，不是旁邊的這一個。",
            R.PARTY_DIFFERS: "條款為該身分寫明的是另一個地址。",
            R.RECORD_DIFFERS: "卷宗所列的是該當事人的另一份紀錄。",
            R.AGREEMENT_ABSENT: "紀錄沒有寫明任何協議：只有條款本身。",
            R.AGREEMENT_DIFFERS: "該協議不是條款所承諾的那一份。",
            R.DOCUMENT_FOREIGN: "所提供的一個檔案不在紀錄所列之中：是另一個檔案，或者已被改動。",
        },
        roles={Role.DEBTOR: "債務人", Role.CREDITOR: "債權人", Role.GUARANTOR: "保證人"},
        kinds={
            Kind.ID_DOCUMENT: "身分證件",
            Kind.COMPANY_REGISTER: "公司登記資料",
            Kind.POWER_OF_ATTORNEY: "授權委託書",
            Kind.VIDEO: "影片",
            Kind.SIGNED_AGREEMENT: "已簽署的協議",
            Kind.OTHER: "其他文件",
        },
        levels={
            Level.UNSTATED: "未說明",
            Level.ADVANCED: "自稱為進階電子簽名，未經核驗",
            Level.QUALIFIED: "自稱為合格電子簽名，未經核驗",
        },
        lines=(
            "{role}：{name}（據陳述）；簽名地址 {address}",
            "出示於 {shown}，簽署於 {signed}，均據陳述；由 {program} 紀錄於 {made}",
            "出示的語言：{languages}；電子簽名的等級：{level}",
            "文件：{documents}",
        ),
        listed="{role}：簽署紀錄的 SHA-256 為 {sha256}（據本檔案）",
        declined="{role}：沒有簽署紀錄（據本檔案）：{reason}",
        none="無",
        comma="、",
        not_proven="它不能表明文件是真實的，不能表明憑證持有人與所列姓名是同一人，也不能表明當事人理解了向其出示的內容。請自行比對姓名。",
    ),
}


def listed_lines(records: Iterable[PartyRecord], locale: str) -> Iterator[str]:
    """What a dossier says of the parties' records, a line each.

    locale  a key of WORDS
    """
    language = WORDS[locale]
    for one in records:
        template = language.listed if one.sha256 else language.declined
        values = {"role": language.roles[one.role], "sha256": one.sha256.hex(), "reason": one.reason}
        yield template.format_map(values)
