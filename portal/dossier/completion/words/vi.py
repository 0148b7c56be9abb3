"""Các câu của giấy xác nhận đã trả đủ. The sentences of a completion paper in Vietnamese."""

from __future__ import annotations

from typing import Final

SENTENCES: Final = {
    "page": "Trang {page} trên {pages}",
    "list.pair": "{name}: {value}",
    "date.months": "1 2 3 4 5 6 7 8 9 10 11 12",
    "date.form": "ngày {day} tháng {month} năm {year}, {time}",
    "date.utc": " UTC",
    "title": "Kế hoạch trả nợ: đã trả đủ",
    "lead": "Văn bản này nói về một kế hoạch trả nợ mà các khoản trả do một hợp đồng thông minh trên blockchain công "
    "khai nhận và ghi nhận. Một chương trình đã tạo văn bản này từ một tệp, gọi là bộ hồ sơ, nằm ngay trong tệp PDF "
    "này: bộ hồ sơ chứa các điều khoản mà hai bên đã ký và bằng chứng cho từng khoản trả. Bất kỳ ai cũng có thể kiểm "
    "tra cả hai mà không cần hỏi bên nào.",
    "closed": "Mọi khoản đã thỏa thuận trong kế hoạch này đã được trả đủ: {amount}. Tính đến khối {block}, {date}, "
    "không còn nợ khoản nào theo kế hoạch này.",
    "dev": "Kế hoạch nằm trên một blockchain phát triển, nơi bất kỳ ai cũng có thể tự tạo ra các khối. Văn bản này "
    "không chứng minh được gì với bất kỳ ai khác.",
    "plan": "Kế hoạch",
    "plan.name": "Tên (không được ký)",
    "plan.id": "Mã kế hoạch",
    "plan.debtor": "Địa chỉ của bên nợ",
    "plan.creditor": "Địa chỉ của bên cho nợ",
    "plan.records": "Hồ sơ ký kết (SHA-256), theo lời người xuất tệp",
    "role.debtor": "bên nợ",
    "role.creditor": "bên cho nợ",
    "role.guarantor": "bên bảo lãnh",
    "plan.chain": "Blockchain và khối đầu tiên của nó",
    "plan.chain.value": "chain id {chain}",
    "plan.book": "Hợp đồng thông minh (RepaymentBook)",
    "plan.opened": "Được mở với chữ ký của hai bên",
    "plan.paid": "Khoản trả cuối cùng",
    "plan.as-of": "Văn bản này nói về tình trạng tính đến",
    "plan.as-of.value": "khối {block}, {date}",
    "totals": "Tổng kết",
    "figures": "Trong các con số, dấu chấm ngăn cách phần nguyên và phần lẻ của token, giữa các hàng nghìn không có "
    "dấu gì.",
    "totals.agreed": "Tổng số đã thỏa thuận",
    "totals.principal": "Đã trả vào tổng số đó",
    "totals.charges": "Phí trả chậm đã trả",
    "totals.all": "Tổng cộng đã trả ({count} khoản)",
    "totals.left": "Còn nợ",
    "totals.withdrawable": "Còn trong hợp đồng thông minh, chờ bên cho nợ rút, tính đến khối đó",
    "payments": "Từng khoản trả",
    "payments.lead": "Ngày giờ là của các khối, theo UTC. Khối và vị trí trong khối đã được chứng minh; mã giao dịch "
    "chỉ dùng để tra cứu.",
    "col.number": "Số",
    "col.date": "Ngày",
    "col.amount": "Số tiền",
    "col.sum": "Cộng dồn",
    "col.where": "Vị trí trên blockchain và người trả",
    "amount.parts": "{principal} vào tổng số, {charges} là phí trả chậm",
    "where.block": "khối {block}, vị trí {index}",
    "where.payer": "người trả",
    "terms": "Các điều khoản đã ký, bằng con số",
    "terms.total": "Tổng số, gồm tiền lãi thỏa thuận trước",
    "units": "{units} đơn vị nhỏ nhất của token, đúng như đã ký và được tính trên blockchain",
    "terms.token": "Loại tiền (một token)",
    "terms.token.value": "{symbol}, {decimals} chữ số thập phân, theo cách gọi của bộ hồ sơ",
    "terms.installments": "Số kỳ trả",
    "terms.interval": "Thời gian giữa các ngày đến hạn",
    "terms.first": "Đến hạn lần đầu",
    "terms.last": "Đến hạn lần cuối",
    "terms.grace": "Thời gian ân hạn",
    "terms.late": "Phí trả chậm cho mỗi kỳ",
    "late.value": "{flat} một lần, {daily} mỗi ngày, nhiều nhất {cap}",
    "terms.allocation": "Khoản trả được trừ trước hết vào",
    "allocation.principal": "các kỳ trả",
    "allocation.charges": "phí trả chậm",
    "terms.default": "Vi phạm nghĩa vụ trả nợ",
    "default.missed": "khi có {n} kỳ bị trễ và chưa trả",
    "default.seconds": "khi một kỳ quá hạn mà chưa trả lâu hơn {duration}",
    "terms.pledge": "Tài sản bảo đảm",
    "pledge.value": "{amount} đơn vị nhỏ nhất của token này:",
    "terms.agreement": "SHA-256 của thỏa thuận",
    "terms.jurisdiction": "Thẩm quyền pháp lý",
    "not-opened": "không được tiết lộ trong bộ hồ sơ",
    "none": "không có",
    "months": "{n} tháng, vào ngày {day}",
    "days": "{n} ngày",
    "minutes": "{n} phút",
    "seconds": "{n} giây",
    "means": "Từ đó suy ra điều gì",
    "means.paid": "Nếu các khối là khối của blockchain đó thì hợp đồng thông minh đã nhận các khoản trả này cho kế "
    "hoạch này, và đó là toàn bộ những gì các điều khoản đòi hỏi.",
    "means.final": "Kế hoạch đã trả đủ thì mãi là đã trả đủ: hợp đồng thông minh không có cách nào đảo ngược và không "
    "nhận thêm khoản trả nào cho kế hoạch đó.",
    "means.anybody": "Ai giữ tệp PDF này đều có thể xuất trình nó, dù có hay không có bên kia, những người làm ra "
    "chương trình, hay bất kỳ máy chủ nào của họ.",
    "not": "Từ đó không suy ra điều gì",
    "not.who": "Những người đứng sau các địa chỉ là ai. Các giấy tờ khác cho thấy điều đó, như thỏa thuận và hồ sơ ký "
    "kết của các bên.",
    "not.other": "Rằng các bên không nợ nhau gì vì lý do khác, hoặc không thỏa thuận gì ngoài kế hoạch này.",
    "not.pledge": "Rằng tài sản bảo đảm đã được trả lại hay đã bị bán. Hợp đồng thông minh cho biết nó đã ra sao.",
    "not.token": "Token đáng giá bao nhiêu, hoặc tổ chức phát hành có trả tiền cho nó hay không. Tên và số chữ số thập "
    "phân chỉ là lời của bộ hồ sơ cho đến khi hỏi một nút mạng.",
    "not.law": "Pháp luật đánh giá việc này thế nào. Đây không phải là tư vấn pháp lý.",
    "not.signed": "Rằng bên cho nợ đã ký văn bản này. Đây không phải là biên nhận do một người lập; văn bản chỉ nói "
    "những gì có trên blockchain.",
    "check": "Cách kiểm tra",
    "check.program": "Bằng chương trình: tallystick verify FILE.pdf --rpc ADDRESS, trong đó ADDRESS là một nút mạng mà "
    "bạn tin cậy, hoặc --trust với danh sách các khối mà bạn biết. Chương trình lấy bộ hồ sơ ra, kiểm tra các chữ ký "
    "và từng bằng chứng, tạo lại văn bản này và so sánh từng trang.",
    "check.hand": "Bằng tay: tra từng giao dịch trong trình duyệt khối của blockchain đó, và hỏi hợp đồng thông minh "
    "về tài khoản của kế hoạch theo mã kế hoạch. Bộ hồ sơ là tệp đính kèm dossier.json; SHA-256 của nó nằm ở cuối mỗi "
    "trang.",
    "check.truth": "Bộ hồ sơ mới có giá trị quyết định. Nếu văn bản này hoặc bản in nói khác thì bộ hồ sơ đúng.",
}
