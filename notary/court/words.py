"""What the reasons of a bundle and a report mean, in each language of the verdicts."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from notary.court.examine import BundleReason
from notary.report.checking import ReportReason

MEANINGS: Final[Mapping[str, Mapping[str, str]]] = {
    "en": {
        BundleReason.MANIFEST_MISSING: "The bundle has no list of its files, MANIFEST.sha256.",
        BundleReason.MANIFEST_INVALID: "MANIFEST.sha256 is no list of files.",
        BundleReason.FILE_DIFFERS: "The file is not the one that MANIFEST.sha256 lists: it was changed.",
        BundleReason.FILE_UNLISTED: "MANIFEST.sha256 does not list the file: it was added.",
        BundleReason.FILE_MISSING: "MANIFEST.sha256 lists the file, but it is not there: it was removed.",
        BundleReason.FILE_UNKNOWN: "No bundle has such a file; nothing is said about it.",
        BundleReason.RECEIPTS_MISSING: "The bundle has no receipts.json, so it proves nothing.",
        BundleReason.TRUST_INVALID: "trust.json is no trust file that can be read.",
        BundleReason.MANUAL_DIFFERS: "REVERIFY.md is not what this program writes for these receipts: another version "
        "wrote it, or it was changed. Read its commands before you run them.",
        BundleReason.PAGE_UNKNOWN: "verify.html is not the one of this program: it is of another version, or it was "
        "changed. Do not rely on what it shows; use one that you got elsewhere.",
        BundleReason.NO_RECEIPT: "No receipt in the bundle is of this document.",
        BundleReason.REPORT_INVALID: "The PDF is no report that can be read; it may have been printed anew.",
        BundleReason.REPORT_UNCHECKED: "The report was not compared with its receipts: it cannot be made here.",
        BundleReason.REPORT_OF_OTHERS: "The report is of other receipts than those in the bundle.",
        BundleReason.REPORT_DIGEST: "The report prints another contents digest than the bundle's files give.",
        ReportReason.TEXT_DIFFERS: "A page of the report says something else than its receipts give.",
        ReportReason.PAGES_DIFFER: "Pages of the report are missing or were added.",
        ReportReason.COVERED: "Something was laid over a page of the report, or its frame was moved.",
        ReportReason.ADDED: "Something that no report has was added to the PDF: a script, a form, a file.",
        ReportReason.DRAWN_DIFFERENTLY: "A page of the report is drawn otherwise than its receipts give.",
        ReportReason.RECEIPTS_INVALID: "The receipts or the trust file in the report are none.",
        ReportReason.RENDERER_DIFFERS: "The report was made by another version or with other fonts, so it cannot be "
        "compared here.",
    },
    "zh-Hans": {
        BundleReason.MANIFEST_MISSING: "证据包中没有文件清单 MANIFEST.sha256。",
        BundleReason.MANIFEST_INVALID: "MANIFEST.sha256 不是文件清单。",
        BundleReason.FILE_DIFFERS: "该文件与 MANIFEST.sha256 所列的不一致：已被改动。",
        BundleReason.FILE_UNLISTED: "MANIFEST.sha256 没有列出该文件：是后来添加的。",
        BundleReason.FILE_MISSING: "MANIFEST.sha256 列出了该文件，但包中没有：已被移除。",
        BundleReason.FILE_UNKNOWN: "证据包中不应有这样的文件；对它不作任何说明。",
        BundleReason.RECEIPTS_MISSING: "证据包中没有 receipts.json，因此什么也不能证明。",
        BundleReason.TRUST_INVALID: "trust.json 不是可以读取的信任文件。",
        BundleReason.MANUAL_DIFFERS: "REVERIFY.md 不是本程序为这些凭据写出的内容：由其他版本写出，或者已被改动。"
        "运行其中的命令之前请先阅读。",
        BundleReason.PAGE_UNKNOWN: "verify.html 不是本程序的页面：属于其他版本，或者已被改动。"
        "请勿依赖它所显示的内容；请使用从其他途径取得的页面。",
        BundleReason.NO_RECEIPT: "证据包中没有该文件的凭据。",
        BundleReason.REPORT_INVALID: "该 PDF 不是可以读取的报告；可能被重新打印过。",
        BundleReason.REPORT_UNCHECKED: "报告未与其凭据比对：此处无法生成报告。",
        BundleReason.REPORT_OF_OTHERS: "报告所附的凭据不是证据包中的凭据。",
        BundleReason.REPORT_DIGEST: "报告上印的内容摘要与证据包文件算出的不一致。",
        ReportReason.TEXT_DIFFERS: "报告中有一页的文字与其凭据不符。",
        ReportReason.PAGES_DIFFER: "报告缺页或者多页。",
        ReportReason.COVERED: "报告的某一页被遮盖，或者其页框被移动。",
        ReportReason.ADDED: "PDF 中添加了报告不应有的内容：脚本、表单或者文件。",
        ReportReason.DRAWN_DIFFERENTLY: "报告中有一页的绘制方式与其凭据不符。",
        ReportReason.RECEIPTS_INVALID: "报告所附的凭据或者信任文件无效。",
        ReportReason.RENDERER_DIFFERS: "报告由其他版本或者其他字体生成，此处无法比对。",
    },
    "zh-Hant": {
        BundleReason.MANIFEST_MISSING: "證據包中沒有檔案清單 MANIFEST.sha256。",
        BundleReason.MANIFEST_INVALID: "MANIFEST.sha256 不是檔案清單。",
        BundleReason.FILE_DIFFERS: "該檔案與 MANIFEST.sha256 所列的不一致：已被改動。",
        BundleReason.FILE_UNLISTED: "MANIFEST.sha256 沒有列出該檔案：是後來加入的。",
        BundleReason.FILE_MISSING: "MANIFEST.sha256 列出了該檔案，但包中沒有：已被移除。",
        BundleReason.FILE_UNKNOWN: "證據包中不應有這樣的檔案；對它不作任何說明。",
        BundleReason.RECEIPTS_MISSING: "證據包中沒有 receipts.json，因此什麼也不能證明。",
        BundleReason.TRUST_INVALID: "trust.json 不是可以讀取的信任檔案。",
        BundleReason.MANUAL_DIFFERS: "REVERIFY.md 不是本程式為這些憑據寫出的內容：由其他版本寫出，或者已被改動。"
        "執行其中的命令之前請先閱讀。",
        BundleReason.PAGE_UNKNOWN: "verify.html 不是本程式的頁面：屬於其他版本，或者已被改動。"
        "請勿依賴它所顯示的內容；請使用從其他途徑取得的頁面。",
        BundleReason.NO_RECEIPT: "證據包中沒有該文件的憑據。",
        BundleReason.REPORT_INVALID: "該 PDF 不是可以讀取的報告；可能被重新列印過。",
        BundleReason.REPORT_UNCHECKED: "報告未與其憑據比對：此處無法產生報告。",
        BundleReason.REPORT_OF_OTHERS: "報告所附的憑據不是證據包中的憑據。",
        BundleReason.REPORT_DIGEST: "報告上印的內容摘要與證據包檔案算出的不一致。",
        ReportReason.TEXT_DIFFERS: "報告中有一頁的文字與其憑據不符。",
        ReportReason.PAGES_DIFFER: "報告缺頁或者多頁。",
        ReportReason.COVERED: "報告的某一頁被遮蓋，或者其頁框被移動。",
        ReportReason.ADDED: "PDF 中加入了報告不應有的內容：指令碼、表單或者檔案。",
        ReportReason.DRAWN_DIFFERENTLY: "報告中有一頁的繪製方式與其憑據不符。",
        ReportReason.RECEIPTS_INVALID: "報告所附的憑據或者信任檔案無效。",
        ReportReason.RENDERER_DIFFERS: "報告由其他版本或者其他字型產生，此處無法比對。",
    },
}
