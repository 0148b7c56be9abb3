// What the page says beside the verdicts, in each language. The words of verdicts come from the Python sources.

import type { Locale, Status } from "./said";

export interface PageWords {
  title: string;
  lead: string;
  drop: string;
  choose: string;
  kinds: string;
  trust: string;
  trustHelp: string;
  blocks: string;
  headers: string;
  issuer: string;
  again: string;
  results: string;
  print: string;
  clear: string;
  footer: string;
  plain: Record<Status, string>;
  summary: string;
  details: string;
  fields: string;
  reading: string;
  done: string;
  noReceipt: string;
  contents: string;
  filesListed: string;
  recordHolds: string;
  recordOf: string;
  recordAlone: string;
  recordDetails: string;
  olderLeftOut: string;
  headersUsed: string;
  headerFile: string;
  headerFirst: string;
  unreadable: string;
  trustUsed: string;
  issuerTrustUsed: string;
  documentUnused: string;
  json: string;
  nothing: string;
}

export const PAGE: Readonly<Record<Locale, PageWords>> = {
  en: {
    title: "Check a document against its receipt",
    lead: "This page checks, on your computer alone, whether a document is the one that was sealed, and since when it has existed. Nothing is sent anywhere: the page cannot use the network.",
    drop: "Drop the document and its receipt here, or the whole bundle.",
    choose: "Choose files",
    kinds: "Documents of any kind and size; receipts (.receipt.json, .receipts.json); bundles (.zip); evidence records (.er); trust files (trust.json). Several at once.",
    trust: "What you know from your own side",
    trustHelp: "No receipt can prove by itself that a block, a time-stamp authority or a Bitcoin header is a real one. Look it up where you trust the answer, for instance with two block explorers, and enter it here; or drop a trust file.",
    blocks: "Blocks, one a line: chain:number:0xhash",
    headers: "Bitcoin headers, one a line: height:160 hexadecimal digits",
    issuer: "Rely on the trust file inside a bundle. It was put there by whoever made the bundle.",
    again: "Check again",
    results: "Results",
    print: "Print",
    clear: "Start over",
    footer: "Works from a file, without a network. The same twelve checks as the command tallystick verify.",
    plain: {
      PASSED: "The checks hold. This is the sealed document.",
      FAILED: "Do not rely on this. The document or the receipt is not what was sealed.",
      INDETERMINATE: "Nothing contradicts it, but something needed for a conclusion is missing.",
    },
    summary: "{passed} hold, {failed} do not, {open} are open.",
    details: "The twelve checks",
    fields: "What was sealed",
    reading: "Reading {name}",
    done: "Done. {summary}",
    noReceipt: "No receipt for this document was given.",
    contents: "Contents digest of the bundle: {digest}.",
    filesListed: "The bundle's files are those that MANIFEST.sha256 lists.",
    recordHolds: "The evidence record holds: the document existed by {time}, give or take {seconds} seconds.",
    recordOf: "Evidence record of: {names}.",
    recordAlone: "Evidence record; the document that it is about was not found here.",
    recordDetails: "The eight checks of the record",
    olderLeftOut: "Receipts of older versions, left out: {names}.",
    headersUsed: "Bitcoin headers used, as you gave them: {name}.",
    headerFile: "A file of Bitcoin headers, 80 bytes each",
    headerFirst: "Height of its first header",
    unreadable: "This file cannot be read: {text}",
    trustUsed: "Trust file used, as you gave it: {name}.",
    issuerTrustUsed: "The trust file of the bundle's maker is used, as you asked: {name}.",
    documentUnused: "The bundle has a trust file of its maker ({name}). It is not used unless you say so above.",
    json: "Verdict as JSON",
    nothing: "There is nothing to check yet.",
  },
  "zh-Hans": {
    title: "用回执核对文件",
    lead: "本页面只在您的电脑上核对：这份文件是不是当时封存的那一份，以及它最迟在何时已经存在。任何内容都不会发送出去：本页面无法使用网络。",
    drop: "把文件和它的回执（或整个证据包）拖放到这里。",
    choose: "选择文件",
    kinds: "任何类型和大小的文件；回执（.receipt.json、.receipts.json）；证据包（.zip）；证据记录（.er）；信任文件（trust.json）。可以一次放入多个。",
    trust: "您自己一方所知道的事实",
    trustHelp: "回执本身无法证明某个区块、时间戳机构或比特币区块头是真的。请在您信任的地方查证（例如两个区块浏览器），再填写在这里；也可以放入信任文件。",
    blocks: "区块，每行一个：链号:区块号:0x哈希",
    headers: "比特币区块头，每行一个：高度:160 位十六进制数",
    issuer: "采信证据包内的信任文件。该文件由制作证据包的一方放入。",
    again: "重新核对",
    results: "结果",
    print: "打印",
    clear: "重新开始",
    footer: "可以离线从本地文件打开使用。与命令 tallystick verify 相同的十二项检查。",
    plain: {
      PASSED: "各项检查成立：这就是封存的文件。",
      FAILED: "请勿采信：文件或回执与封存的不一致。",
      INDETERMINATE: "没有发现矛盾，但缺少得出结论所需的内容。",
    },
    summary: "成立 {passed} 份，不成立 {failed} 份，未定 {open} 份。",
    details: "十二项检查",
    fields: "封存的内容",
    reading: "正在读取 {name}",
    done: "完成。{summary}",
    noReceipt: "没有给出这份文件的回执。",
    contents: "证据包的内容摘要：{digest}。",
    filesListed: "证据包中的文件与 MANIFEST.sha256 所列的一致。",
    recordHolds: "证据记录成立：文件最迟在 {time} 已经存在，误差 {seconds} 秒。",
    recordOf: "证据记录所涉文件：{names}。",
    recordAlone: "证据记录；此处没有找到它所涉及的文件。",
    recordDetails: "记录的八项检查",
    olderLeftOut: "旧版本的回执，未列出：{names}。",
    headersUsed: "已使用您给出的比特币区块头：{name}。",
    headerFile: "比特币区块头文件，每个 80 字节",
    headerFirst: "其中第一个区块头的高度",
    unreadable: "无法读取这个文件：{text}",
    trustUsed: "已使用您给出的信任文件：{name}。",
    issuerTrustUsed: "按您的要求，已使用证据包制作方的信任文件：{name}。",
    documentUnused: "证据包内有制作方的信任文件（{name}）。除非您在上面选择采信，否则不使用。",
    json: "JSON 格式的结论",
    nothing: "还没有可以核对的内容。",
  },
  "zh-Hant": {
    title: "以回執核對文件",
    lead: "本頁面只在您的電腦上核對：這份文件是否當時封存的那一份，以及它最遲在何時已經存在。任何內容都不會傳送出去：本頁面無法使用網絡。",
    drop: "把文件和它的回執（或整個證據包）拖放到這裡。",
    choose: "選擇文件",
    kinds: "任何類型和大小的文件；回執（.receipt.json、.receipts.json）；證據包（.zip）；證據記錄（.er）；信任文件（trust.json）。可以一次放入多個。",
    trust: "您自己一方所知道的事實",
    trustHelp: "回執本身無法證明某個區塊、時間戳機構或比特幣區塊頭是真的。請在您信任的地方查證（例如兩個區塊瀏覽器），再填寫在這裡；也可以放入信任文件。",
    blocks: "區塊，每行一個：鏈號:區塊號:0x雜湊",
    headers: "比特幣區塊頭，每行一個：高度:160 位十六進制數",
    issuer: "採信證據包內的信任文件。該文件由製作證據包的一方放入。",
    again: "重新核對",
    results: "結果",
    print: "列印",
    clear: "重新開始",
    footer: "可以離線從本機檔案開啟使用。與命令 tallystick verify 相同的十二項檢查。",
    plain: {
      PASSED: "各項檢查成立：這就是封存的文件。",
      FAILED: "請勿採信：文件或回執與封存的不一致。",
      INDETERMINATE: "沒有發現矛盾，但缺少得出結論所需的內容。",
    },
    summary: "成立 {passed} 份，不成立 {failed} 份，未定 {open} 份。",
    details: "十二項檢查",
    fields: "封存的內容",
    reading: "正在讀取 {name}",
    done: "完成。{summary}",
    noReceipt: "沒有給出這份文件的回執。",
    contents: "證據包的內容摘要：{digest}。",
    filesListed: "證據包中的檔案與 MANIFEST.sha256 所列的一致。",
    recordHolds: "證據記錄成立：文件最遲在 {time} 已經存在，誤差 {seconds} 秒。",
    recordOf: "證據記錄所涉文件：{names}。",
    recordAlone: "證據記錄；此處沒有找到它所涉及的文件。",
    recordDetails: "記錄的八項檢查",
    olderLeftOut: "舊版本的回執，未列出：{names}。",
    headersUsed: "已使用您給出的比特幣區塊頭：{name}。",
    headerFile: "比特幣區塊頭檔案，每個 80 位元組",
    headerFirst: "其中第一個區塊頭的高度",
    unreadable: "無法讀取這個文件：{text}",
    trustUsed: "已使用您給出的信任文件：{name}。",
    issuerTrustUsed: "按您的要求，已使用證據包製作方的信任文件：{name}。",
    documentUnused: "證據包內有製作方的信任文件（{name}）。除非您在上面選擇採信，否則不使用。",
    json: "JSON 格式的結論",
    nothing: "還沒有可以核對的內容。",
  },
};
