"""Make a folder of case files such as a trade debt leaves behind: contract, invoices, mails, chats, photos.

Everything is computed here from a seed: the same seed gives the same bytes, and nothing personal is in them.
"""

from __future__ import annotations

import csv
import io
import json
import random
import struct
import zlib
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from email.message import EmailMessage
from email.utils import format_datetime
from pathlib import Path

SELLER = "宁波海联机械有限公司 (Ningbo Hailian Machinery Co., Ltd.)"
BUYER = "Comércio de Máquinas Aurora Ltda., São Paulo"
FIRST_DAY = datetime(2026, 1, 5, 9, 0, tzinfo=UTC)
GOODS = ("hydraulic pump HP-40", "gear motor GM-7", "control cabinet CC-2", "seal kit SK-11", "伺服电机 SM-3")

Maker = Callable[[random.Random, int], bytes]


def make_files(folder: Path, count: int, seed: int = 7) -> Iterator[Path]:
    """Write `count` files of mixed kinds below `folder`, and give each path as it is written.

    Two of them are what real folders hold and careless programs trip over: an empty file and a name in Chinese.
    """
    rng = random.Random(seed)
    kinds: tuple[tuple[str, str, Maker], ...] = (
        ("invoices/INV-2026-{n:04d}.pdf", "invoice", _invoice),
        ("packing-lists/PL-{n:04d}.csv", "packing list", _packing_list),
        ("mails/{n:04d}.eml", "mail", _mail),
        ("chats/wechat-{n:04d}.json", "chat", _chat),
        ("photos/container-{n:04d}.png", "photo", _photo),
        ("delivery/bill-of-lading-{n:04d}.xml", "bill of lading", _bill_of_lading),
        ("notes/call-{n:04d}.txt", "note", _note),
    )
    special = {0: ("contract/采购合同 2026-001.txt", _contract), 1: ("photos/empty-scan.png", lambda _rng, _n: b"")}
    for n in range(count):
        name, make = special[n] if n in special else (kinds[n % len(kinds)][0].format(n=n), kinds[n % len(kinds)][2])
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(make(rng, n))
        yield path


def _day(n: int) -> datetime:
    return FIRST_DAY + timedelta(days=n, minutes=7 * n)


def _contract(rng: random.Random, _n: int) -> bytes:
    clauses = "\n".join(
        f"{i}. {rng.choice(GOODS)}: {rng.randint(10, 90)} units at USD {rng.randint(80, 900)}.00" for i in range(1, 9)
    )
    heading = f"采购合同 / PURCHASE CONTRACT 2026-001\nSeller: {SELLER}\nBuyer: {BUYER}"
    return f"{heading}\n\n{clauses}\n\nPayment within 60 days.\n".encode()


def _invoice(rng: random.Random, n: int) -> bytes:
    lines = [f"INVOICE INV-2026-{n:04d}", f"Date {_day(n):%Y-%m-%d}", "Seller: Ningbo Hailian Machinery Co., Ltd."]
    lines += [f"{rng.randint(1, 40)} x {GOODS[n % 4]}   USD {rng.randint(100, 9000)}.00" for _ in range(5)]
    content = "BT /F1 12 Tf 60 780 Td 18 TL\n" + "\n".join(f"({line}) Tj T*" for line in lines) + "\nET"
    return _pdf(content.encode("latin-1"))


def _pdf(content: bytes) -> bytes:
    """One page of text as the smallest PDF 1.4 that readers open."""
    objects = (
        b"<< /Type /Catalog /Pages 2 0 R >>",
        b"<< /Type /Pages /Kids [3 0 R] /Count 1 >>",
        b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] /Contents 4 0 R"
        b" /Resources << /Font << /F1 << /Type /Font /Subtype /Type1 /BaseFont /Helvetica >> >> >> >>",
        b"<< /Length %d >>\nstream\n%s\nendstream" % (len(content), content),
    )
    out = io.BytesIO(b"%PDF-1.4\n")
    out.seek(0, io.SEEK_END)
    offsets = []
    for number, body in enumerate(objects, 1):
        offsets.append(out.tell())
        out.write(b"%d 0 obj\n%s\nendobj\n" % (number, body))
    table = out.tell()
    out.write(b"xref\n0 %d\n0000000000 65535 f \n" % (len(objects) + 1))
    out.write(b"".join(b"%010d 00000 n \n" % offset for offset in offsets))
    out.write(b"trailer\n<< /Size %d /Root 1 0 R >>\nstartxref\n%d\n%%%%EOF\n" % (len(objects) + 1, table))
    return out.getvalue()


def _packing_list(rng: random.Random, n: int) -> bytes:
    text = io.StringIO()
    writer = csv.writer(text)
    writer.writerow(["box", "goods", "units", "net kg", "gross kg"])
    for box in range(1, rng.randint(8, 40)):
        net = rng.randint(50, 900)
        writer.writerow([f"{n:04d}-{box:03d}", rng.choice(GOODS), rng.randint(1, 20), net, net + rng.randint(4, 30)])
    return text.getvalue().encode()


def _mail(rng: random.Random, n: int) -> bytes:
    mail = EmailMessage()
    mail["From"], mail["To"] = "export@hailian.example", "compras@aurora.example"
    mail["Date"] = format_datetime(_day(n))
    mail["Subject"] = f"Re: shipment {rng.randint(100, 999)} / 第{n}批货"
    mail["Message-ID"] = f"<{n:04d}.{seed_word(rng)}@hailian.example>"
    mail.set_content("Dear all,\n\nthe goods have arrived complete. Payment will follow.\n\n" + seed_word(rng) * 20)
    return bytes(mail)


def seed_word(rng: random.Random) -> str:
    return "".join(rng.choices("abcdefghijklmnopqrstuvwxyz", k=8))


def _chat(rng: random.Random, n: int) -> bytes:
    says = ("货已发出", "OK, recebido", "When will you pay?", "Next month for sure", "请尽快付款")
    messages = [
        {
            "at": (_day(n) + timedelta(minutes=i)).isoformat(),
            "from": rng.choice(("Li", "João")),
            "text": rng.choice(says),
        }
        for i in range(rng.randint(5, 60))
    ]
    return json.dumps(messages, ensure_ascii=False, indent=1).encode()


def _photo(rng: random.Random, _n: int) -> bytes:
    """A PNG of 96 x 64 pixels with noise, so that each photo is another."""
    width, height = 96, 64
    rows = b"".join(b"\0" + rng.randbytes(width * 3) for _ in range(height))

    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", zlib.compress(rows, 1)) + chunk(b"IEND", b"")


def _bill_of_lading(rng: random.Random, n: int) -> bytes:
    return (
        f'<?xml version="1.0" encoding="UTF-8"?>\n<billOfLading number="NGB{n:06d}"><shipper>{SELLER}</shipper>'
        f"<consignee>{BUYER}</consignee><container>TCLU{rng.randint(1000000, 9999999)}</container>"
        f"<loaded>{_day(n):%Y-%m-%d}</loaded></billOfLading>\n"
    ).encode()


def _note(rng: random.Random, n: int) -> bytes:
    promise = f"promises to pay {rng.randint(1, 9)}0 % by month's end"
    return f"{_day(n):%Y-%m-%d %H:%M} UTC call with the buyer: {promise}.\n".encode()
