"""Errors of the notary's services: files, keys, database rows, nodes, anchors.

NotaryError
├── InputsRefused         some of the files cannot be sealed, so none was
├── CaseNameInvalid, CaseExists, CaseUnknown, ClaimUnknown, ClaimNotInCase
├── ActRefused            what was asked cannot be entered in the custody chain
├── VaultLocked           a key file is missing, unreadable or open to others
├── VaultDamaged          a key file or a wrapped secret does not decode
├── CaseErased            the case's key was destroyed on purpose
├── LogUnknown            the workspace's log was not begun
├── LogNotOurs            a receipt of another log than this workspace's
├── LogNotOpen            it is behind its chain, recovered, forked from it, or closed
├── LogBusy               another process held the log's lock too long
├── DatabaseUnwritable    the disk is full or fails
├── LogDamaged            rows of the log contradict each other
├── SealedUnverified      what was just sealed does not verify
├── LogBehindChain        the chain holds a longer log than this workspace
├── LogForked             the chain holds another history
├── LogSourceUnreadable   an exported log cannot be read
│   └── LogSourceUnreachable  nobody answers at its address
├── RecoveryRefused       what was given does not make this log whole
├── SuccessionRefused     a log cannot be closed, or its keys not be changed, as asked
├── AnchoringUnavailable  no chain, deployment or signer is configured
├── AnchorElsewhere       the log lives on another chain or contract than configured
├── AnchorUnknown
├── AnchorFailed          the contract refused the head for good
├── StampUnknown
├── HeadUnknown           no checkpoint of that size, or it does not cover the claim
├── RecordUnknown         the case has no evidence record yet
├── RecordBusy            another process renewed, or the case changed, at the same time
├── RecordRefused         the case, a hash or a token that no record can be made with
├── DocumentsMissing      documents of a record that a hash-tree renewal needs and did not find
├── SourceChanged         a file is no longer what was sealed
├── DocumentsChanged      documents of a case are no longer what was sealed, so no bundle was made
├── EnvelopeInvalid       a ciphertext is truncated, altered or of another key
├── StorageNotConfigured, StorageUnreachable, StorageRefused, StorageMismatch   the IPFS node
├── CalendarNotConfigured, CalendarUnavailable, CalendarRefused   an OpenTimestamps calendar
├── TimestampUnavailable, TimestampRefused   an RFC 3161 time-stamp authority
├── DocumentNotStored     nothing to fetch for this claim
├── ReportUnmade          a report cannot be set, checked or signed with what is installed
│   └── FontsMissing          no font for a language that was asked for
├── CustodyKeyInvalid     a key or certificate that shall sign custody entries cannot
├── ExportRefused         the folder holds another log, or more of this one
└── OutputExists          a file to be written is there already
"""

from __future__ import annotations

from notary.service_errors.cases import (
    ActRefused,
    CaseErased,
    CaseExists,
    CaseNameInvalid,
    CaseUnknown,
    ClaimNotInCase,
    ClaimUnknown,
    CustodyKeyInvalid,
    DocumentsChanged,
    ExhibitUnknown,
    InputsRefused,
    KeyFileUnwritable,
    Refusal,
    SourceChanged,
    VaultDamaged,
    VaultLocked,
)
from notary.service_errors.log import (
    DatabaseUnwritable,
    ExportRefused,
    HeadUnknown,
    LogBehindChain,
    LogBusy,
    LogDamaged,
    LogForked,
    LogNotOpen,
    LogNotOurs,
    LogSourceUnreachable,
    LogSourceUnreadable,
    LogUnknown,
    RecoveryRefused,
    SealedUnverified,
    SuccessionRefused,
)
from notary.service_errors.outputs import (
    DocumentNotStored,
    EnvelopeInvalid,
    FontsMissing,
    OutputExists,
    ReportUnmade,
    StorageMismatch,
    StorageNotConfigured,
    StorageRefused,
    StorageUnreachable,
)
from notary.service_errors.time import (
    AnchorElsewhere,
    AnchorFailed,
    AnchoringUnavailable,
    AnchorUnknown,
    CalendarNotConfigured,
    CalendarRefused,
    CalendarUnavailable,
    DocumentsMissing,
    RecordBusy,
    RecordRefused,
    RecordUnknown,
    StampUnknown,
    TimestampRefused,
    TimestampUnavailable,
)

__all__ = [
    "ActRefused",
    "AnchorElsewhere",
    "AnchorFailed",
    "AnchorUnknown",
    "AnchoringUnavailable",
    "CalendarNotConfigured",
    "CalendarRefused",
    "CalendarUnavailable",
    "CaseErased",
    "CaseExists",
    "CaseNameInvalid",
    "CaseUnknown",
    "ClaimNotInCase",
    "ClaimUnknown",
    "CustodyKeyInvalid",
    "DatabaseUnwritable",
    "DocumentNotStored",
    "DocumentsChanged",
    "DocumentsMissing",
    "EnvelopeInvalid",
    "ExhibitUnknown",
    "ExportRefused",
    "FontsMissing",
    "HeadUnknown",
    "InputsRefused",
    "KeyFileUnwritable",
    "LogBehindChain",
    "LogBusy",
    "LogDamaged",
    "LogForked",
    "LogNotOpen",
    "LogNotOurs",
    "LogSourceUnreachable",
    "LogSourceUnreadable",
    "LogUnknown",
    "OutputExists",
    "RecordBusy",
    "RecordRefused",
    "RecordUnknown",
    "RecoveryRefused",
    "Refusal",
    "ReportUnmade",
    "SealedUnverified",
    "SourceChanged",
    "StampUnknown",
    "StorageMismatch",
    "StorageNotConfigured",
    "StorageRefused",
    "StorageUnreachable",
    "SuccessionRefused",
    "TimestampRefused",
    "TimestampUnavailable",
    "VaultDamaged",
    "VaultLocked",
]
