"""The sentences of the annexes in English."""

from __future__ import annotations

from typing import Final

SENTENCES: Final = {
    "annex.no-advice": "This annex is a working aid and not legal advice. Check the current text of the law before use.",
    "annex.date-time": "Date and time",
    "annex.place": "Place",
    "fill.none": "none",
    "fill.more": "and {count} more: see “{part}”",
    "fill.files": "{count} files, listed with fingerprints and sizes under “{part}”",
    "fill.compared": "{count} of {total} files were compared with their fingerprints when this report was made and are identical",
    "fill.collected": "No. {numbers}: collected by {by}; from {source}; with {tool} (as stated at sealing)",
    "fill.block": "{chain}, block {number}, {hash}, {time}",
    "fill.stamp": "{name}, {time}, serial number {serial}; qualified: {qualified}",
    "fill.entered": "No. {numbers}: no later than {time}",
    "fill.times": "No. {numbers}: after {begin}, before {end}",
    "fill.platform": "record {origin}, kept by the party or by whom it asked; not a third-party platform",
    "fill.program": "{program}; SHA-256 of the program: {digest}",
    "fill.process": "The program computed each file's SHA-256 from all its bytes, mixed it with random values into a commitment, entered the "
    "commitment in an append-only Merkle log (RFC 9162), signed the log's state (Ed25519) and had that state noted outside as listed under "
    "“Proofs of time”. For this report it computed the SHA-256 of each file at hand again and checked every proof anew.",
    "fill.retrieved": "no later than {date}, when this report was made from the stored proofs",
    "fill.sha256": "[  ] SHA1   [X] SHA256   [  ] MD5   [  ] Other",
    "fill.enclosed": "This report is the hash report; its exhibit index lists every value.",
    # China
    "cn.title": "Annex: People's Republic of China",
    "cn.source": "Source: Online Litigation Rules of the People's Courts (Fa Shi [2021] No. 12), articles 16 to 19, in force since 1 August 2021; "
    "read in November 2026.",
    "cn.art16": "Article 16: unaltered since it was stored",
    "cn.art16.text": "Electronic data stored by blockchain technology that technical verification finds consistent may be held by the court not to "
    "have been tampered with since it was stored on the chain, unless there is sufficient evidence to the contrary.",
    "cn.f.matched": "Result of technical verification",
    "cn.f.upload": "Stored on chain",
    "cn.f.chain": "Chain, block, fingerprint",
    "cn.f.hash": "Fingerprints (SHA-256)",
    "cn.art17": "Article 17: platform and process",
    "cn.art17.text": "Where a party objects with reasons, the court considers: whether the platform meets the State's rules on blockchain evidence "
    "services; whether a party has an interest relation with it and interfered by technical means; whether its system meets national or industry "
    "standards of cleanliness, security, reliability and availability; and whether technology and process meet those standards in system "
    "environment, technical security, encryption, transmission and verification.",
    "cn.f.platform": "Platform",
    "cn.f.rules": "Compliance with rules on blockchain services (filing, qualification)",
    "cn.f.interest": "Interest relation between party and platform",
    "cn.f.system": "System and version",
    "cn.f.system.test": "Cleanliness and security of the system: tests, reports",
    "cn.f.process": "Technology and process",
    "cn.art18": "Article 18: genuine before it was stored",
    "cn.art18.text": "Where it is argued that the data was not genuine before it was stored, the court may ask for proof and weighs source, "
    "generation, storage, notarisation, third-party witness and corroborating data. Without proof, reasonable explanation or corroboration, "
    "authenticity is not confirmed. A seal alone says nothing about this.",
    "cn.f.source": "Source (as stated)",
    "cn.f.generation": "How the data was generated",
    "cn.f.storage": "How it was kept before sealing",
    "cn.f.notary": "Notarisation, if any",
    "cn.f.witness": "Third-party witness, if any",
    "cn.f.related": "Corroborating data",
    "cn.art19": "Article 19: experts and appraisal",
    "cn.art19.text": "A party may apply for a person with expertise to give an opinion; the court may commission an appraisal or obtain other evidence.",
    "cn.f.expert": "Person with expertise",
    "cn.f.appraisal": "Appraisal body, if any",
    "cn.foreign": "Evidence formed abroad may need notarisation or an apostille; ask before filing. The chains named here are public ones abroad, not a "
    "judicial chain of the people's courts.",
    "cn.data": "Data stored in mainland China may need approval before it is given to a foreign court (Data Security Law art. 36, Personal Information "
    "Protection Law art. 41).",
    # European Union
    "eu.title": "Annex: European Union",
    "eu.source": "Source: Regulation (EU) No 910/2014 (eIDAS) as amended by Regulation (EU) 2024/1183, articles 41, 42 and 45l; Implementing Regulation "
    "(EU) 2025/1929; read in November 2026.",
    "eu.law": "The time-stamps of this report are electronic time-stamps within the meaning of the regulation. What effect they have depends on whether "
    "they are qualified.",
    "eu.art41.1": "Article 41(1): an electronic time-stamp must not be denied legal effect or admissibility as evidence solely because it is electronic or "
    "not qualified.",
    "eu.art41.2": "Article 41(2): a qualified one enjoys the presumption of the accuracy of the date and time it indicates and of the integrity of the data "
    "bound to it. Of others, accuracy and integrity must be shown.",
    "eu.art42": "Article 42: a qualified time-stamp binds date and time to the data so that undetected change is reasonably excluded, rests on a time source "
    "linked to UTC, and is signed or sealed by the qualified provider.",
    "eu.ledger": "A public blockchain is not as such a qualified electronic ledger (article 45l): its blocks are free evidence.",
    "eu.f.stamps": "Time-stamps (RFC 3161)",
    "eu.f.blocks": "Blocks",
    "eu.f.time": "Limits of time",
    "eu.f.list": "Entry in the trusted list that shows qualified status at that time",
    # United States
    "us.title": "Annex: United States",
    "us.source": "Source: Federal Rules of Evidence 902(11), (13), (14); 28 U.S.C. § 1746; Vermont, 12 V.S.A. § 1913; read in November 2026.",
    "us.902": "Certification under FRE 902(13) and 902(14)",
    "us.902.law": "To be completed and signed by a qualified person who has knowledge of the process. What the program did is filled in; the person certifies "
    "only what they know.",
    "us.f.declarant": "Name of the qualified person",
    "us.f.qualification": "Position, training and experience",
    "us.f.files": "Records or copies certified",
    "us.f.process": "Process and how it produces an accurate result",
    "us.f.program": "System",
    "us.f.compared": "Comparison of copy and original by hash",
    "us.f.hashes": "Hash values (SHA-256)",
    "us.f.notice": "Written notice to the adverse party given on (902(11))",
    "us.902.13": "902(13): a record generated by an electronic process or system that produces an accurate result, as shown by this certification.",
    "us.902.14": "902(14): data copied from an electronic device, storage medium or file, authenticated by a process of digital identification, here by "
    "equal SHA-256 values.",
    "us.902.limits": "The certification settles authenticity only. Hearsay, relevance and the truth of the contents remain open.",
    "us.vt": "Declaration under Vermont 12 V.S.A. § 1913",
    "us.vt.law": "A digital record electronically registered in a blockchain is self-authenticating if accompanied by a written declaration of a qualified "
    "person, made under oath, that states the person's qualification and the following:",
    "us.f.vt.entered": "(A) Date and time the record entered the blockchain",
    "us.f.vt.received": "(B) Date and time the record was received from the blockchain",
    "us.f.vt.kept": "(C) That it was maintained in the blockchain as a regularly conducted activity",
    "us.f.vt.made": "(D) That it was made by that activity as a regular practice",
    "us.vt.limits": "The presumptions that follow concern authenticity, time and recorder. They do not extend to the truth, validity or legal status of the "
    "contents.",
    "us.1746": "Declaration under 28 U.S.C. § 1746",
    "us.1746.inside": "If executed within the United States: “I declare under penalty of perjury that the foregoing is true and correct. Executed on (date).”",
    "us.1746.outside": "If executed outside the United States: “I declare under penalty of perjury under the laws of the United States of America that the "
    "foregoing is true and correct. Executed on (date).”",
    "us.declarant.sign": "Declarant",
    # India
    "in.title": "Annex: India",
    "in.source": "Source: Bharatiya Sakshya Adhiniyam, 2023, section 63(4) and Schedule (certificate, Parts A and B); read in November 2026.",
    "in.law": "The certificate accompanies the electronic record each time it is submitted. Part A is completed by the party, Part B by an expert. The form below "
    "follows the Schedule's contents; use the Schedule's own wording when filing.",
    "in.a": "Part A (to be filled by the party)",
    "in.b": "Part B (to be filled by the expert)",
    "in.f.person": "Name; son, daughter or spouse of",
    "in.f.address": "Residing or employed at",
    "in.f.record": "Electronic record produced",
    "in.f.device": "Source: computer or storage media, DVR, mobile, flash drive, CD/DVD, server, cloud, other",
    "in.f.make": "Make, model, colour",
    "in.f.serial": "Serial number",
    "in.f.id": "IMEI, UIN, UID, MAC or cloud ID",
    "in.f.control": "Under lawful control for regularly creating, storing or processing information",
    "in.f.working": "Working properly; if not, no effect on the record or its accuracy",
    "in.f.relation": "Device owned, maintained, managed or operated by me",
    "in.f.hash": "Hash value(s) of the record",
    "in.f.algorithm": "Algorithm",
    "in.f.report": "Hash report",
    "in.f.expert": "Name of the expert; residing or employed at",
    "in.f.expert.qualification": "Designation and qualification",
    "in.a.text": "The party affirms that the hash values above were obtained from the record produced, by the algorithm marked, and that the hash report is enclosed.",
    "in.b.text": "The expert states that the hash values above were obtained from the record produced, by the algorithm marked, and that the hash report is enclosed.",
    "in.a.sign": "Part A: the party (name, signature, date, time in IST, place)",
    "in.b.sign": "Part B: the expert (name, designation, signature, date, time in IST, place)",
    # Hong Kong
    "hk.title": "Annex: Hong Kong",
    "hk.source": "Pointers: Electronic Transactions Ordinance (Cap. 553) sections 5 to 9; Evidence Ordinance (Cap. 8) Part IV and section 22A. From general knowledge, "
    "not read for this edition.",
    "hk.eto": "Cap. 553 section 9: an electronic record is not to be denied admissibility solely because it is an electronic record.",
    "hk.civil": "Civil proceedings: hearsay is admissible under Part IV of Cap. 8 with notice; weight is for the court.",
    "hk.criminal": "Criminal proceedings: statements produced by a computer need the certificate of section 22A on the operation of the computer.",
    "hk.authentic": "Authenticity is shown by a witness who produces the file and compares its fingerprint with this report.",
    "hk.f.witness": "Witness who produces the files",
    "hk.f.system": "System",
    # Singapore
    "sg.title": "Annex: Singapore",
    "sg.source": "Pointers: Electronic Transactions Act 2010 section 6; Evidence Act 1893 sections 3 and 116A. From general knowledge, not read for this edition.",
    "sg.eta": "Electronic Transactions Act section 6: information is not denied legal effect solely because it is an electronic record.",
    "sg.presumption": "Evidence Act section 116A: presumptions for records of a device that ordinarily produces accurate results, and for records kept in the "
    "ordinary course by a person who is not a party.",
    "sg.output": "An electronic record is admitted like other documents, subject to relevance and authentication.",
    "sg.authentic": "Authenticity is shown by a witness who produces the file and compares its fingerprint with this report.",
    "sg.f.witness": "Witness who produces the files",
    "sg.f.system": "System",
    # Arbitration
    "arbitration.title": "Annex: arbitration",
    "arbitration.source": "Pointers: New York Convention 1958 art. IV (read in November 2026); IBA Rules on the Taking of Evidence 2020 art. 3 and 9, UNCITRAL Model Law "
    "art. 19(2) (from general knowledge).",
    "arbitration.weight": "The tribunal decides on admissibility, relevance, materiality and weight (IBA Rules art. 9; Model Law art. 19(2)).",
    "arbitration.form": "Copies must conform to the originals and be offered for inspection on request (IBA Rules art. 3): equal fingerprints show conformity.",
    "arbitration.award": "For enforcement, New York Convention art. IV asks for the authenticated original award or a certified copy and the agreement, with "
    "translations. A seal replaces neither; award and agreement can be sealed as well.",
    "arbitration.service": "Proofs of service and notices can be sealed as exhibits of their own. The Hague conventions govern transmission, not weight.",
    "arbitration.agree": "The parties may agree in a procedural order that equal fingerprints settle identity of copies.",
    "arbitration.f.tribunal": "Tribunal, institution, number",
    "arbitration.f.case": "Case",
    "arbitration.f.files": "Exhibits",
    "arbitration.f.admitted": "Identity admitted by the other party",
}
