"""What a PDF holds beside the text of its pages, in a form that two PDFs can be compared by.

Objects that a PDF refers to are followed each once, and counted in the order in which they are met: two PDFs give the
same digest exactly if they hold the same things, linked in the same way, however they number them. Pages are met by
their number, and not entered.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from typing import Any, Final

from pypdf.generic import DictionaryObject, IndirectObject, StreamObject

from notary.report import embedded

MAX_DEPTH: Final = 32  # of objects within one another, and of what draws a page
ADDED_BY_SIGNING: Final = frozenset(("/AcroForm", "/Perms", "/Extensions", "/Version", "/DSS"))
_FORM: Final = frozenset(("/Fields", "/SigFlags", "/DR", "/DA"))
_SIGNATURE: Final = frozenset(("/Type", "/Subtype", "/FT", "/T", "/F", "/Ff", "/Rect", "/P", "/V", "/Lock", "/SV"))
_LINK_ACTIONS: Final = frozenset(("/URI", "/GoTo"))
_ELSEWHERE: Final = frozenset(("/Parent", "/Contents", "/Resources", "/Annots", "/AA"))  # of a page: looked at apart
_FILES: Final = frozenset(("/Names", "/AF"))  # compared by what is embedded, not by how


class Parts:
    """The parts of an open PDF.  Methods raise what embedded.BROKEN has."""

    def __init__(self, reader: Any) -> None:
        self.reader, self.root = reader, reader.root_object
        self.pages: dict[tuple[int, int], int] = {}
        for number, page in enumerate(reader.pages):
            own = page.indirect_reference
            self.pages[own.idnum, own.generation] = number

    def of_document(self) -> dict[str, bytes]:
        """Digests of what is not of one page, by its name in the catalog; its titles."""
        left_out = {"/Pages", "/Metadata", *_FILES, *ADDED_BY_SIGNING}
        found = {name: self._digest(self.root.raw_get(name)) for name in self.root if name not in left_out}
        info, xmp = self.reader.metadata or {}, self.reader.xmp_metadata
        stated = [info.get(name) for name in ("/Title", "/Author", "/Subject", "/Keywords", "/CreationDate")]
        found["title"] = repr((stated, dict(xmp.dc_title) if xmp is not None else {})).encode()
        return found

    def of_page(self, page: Any) -> dict[str, bytes]:
        """Digests of what a page has beside text, drawings and annotations, by name."""
        return {name: self._digest(page.raw_get(name)) for name in page if name not in _ELSEWHERE}

    def annotations(self, page: Any) -> list[bytes]:
        """Digests of what lies on a page, in its order; without the fields of signatures, which nobody sees."""
        return [self._digest(one) for one in _listed(page, "/Annots") if not _is_signature(one.get_object())]

    def covering(self, page: Any) -> list[str]:
        """What lies on a page and is no plain link."""
        found = []
        for one in _listed(page, "/Annots"):
            lying = one.get_object()
            kind = str(lying.get("/Subtype"))
            if not _is_signature(lying) and (kind != "/Link" or "/AP" in lying or "/AA" in lying or _acts(lying)):
                found.append(kind)
        return found

    def active(self) -> list[str]:
        """What may act or ask for something when the PDF is opened, and what is carried but not named."""
        found = [name for name in ("/OpenAction", "/AA") if name in self.root]
        found += ["/AA of a page" for page in self.reader.pages if "/AA" in page]
        names = self.root.get("/Names")
        found += sorted(set(() if names is None else names.get_object()) - {"/EmbeddedFiles"})
        form = self.root.get("/AcroForm")
        if form is not None:
            form = form.get_object()
            found += [f"{name} of a form" for name in sorted(set(form) - _FORM)]
            found += ["a field of a form" for one in _listed(form, "/Fields") if not _is_signature(one.get_object())]
        named = {id(stream) for _, stream in embedded.streams(self.reader)}
        carried = [one.get_object()["/EF"]["/F"].get_object() for one in _listed(self.root, "/AF")]
        return found + ["a file" for stream in carried if id(stream) not in named]

    def _digest(self, thing: Any) -> bytes:
        """SHA-256 of a thing with everything that it refers to."""
        met: dict[tuple[int, int], int] = {}
        waiting: list[Any] = []
        digest = hashlib.sha256()

        def referred(to: IndirectObject) -> bytes:
            key = to.idnum, to.generation
            if key in self.pages:
                return b"page %d" % self.pages[key]
            if key not in met:
                met[key] = len(met)
                waiting.append(to.get_object())
            return b"object %d" % met[key]

        def add(one: Any, depth: int) -> Iterator[bytes]:
            if depth == 0:
                raise ValueError(f"objects lie more than {MAX_DEPTH} deep within one another")
            if isinstance(one, IndirectObject):
                yield referred(one)
            elif isinstance(one, DictionaryObject):
                names = sorted(name for name in one if name != "/Length" or not isinstance(one, StreamObject))
                yield b"dictionary %d" % len(names)
                for name in names:
                    yield str(name).encode()
                    yield from add(one.raw_get(name), depth - 1)
                if isinstance(one, StreamObject):
                    yield bytes(one._data)  # packed or not, as it stands in the file
            elif isinstance(one, list):
                yield b"list %d" % len(one)
                for inner in list.__iter__(one):
                    yield from add(inner, depth - 1)
            else:
                yield f"{type(one).__name__} {one!r}".encode()

        waiting.append(thing)
        place = 0
        while place < len(waiting):
            for part in add(waiting[place], MAX_DEPTH):
                digest.update(b"%d:" % len(part) + part)
            place += 1
        return digest.digest()


def _listed(of: Any, name: str) -> list[Any]:
    """The entries of a list as they stand there, references among them."""
    listed = of.get(name)
    return [] if listed is None else list(list.__iter__(listed.get_object()))


def _is_signature(field: Any) -> bool:
    """Whether it is the field of a signature that shows nowhere and does nothing."""
    return (
        str(field.get("/FT")) == "/Sig"
        and str(field.get("/Subtype", "/Widget")) == "/Widget"
        and all(edge == 0 for edge in field.get("/Rect", ()))
        and set(field) <= _SIGNATURE
    )


def _acts(lying: Any) -> bool:
    action = lying.get("/A")
    if action is None:
        return False
    action = action.get_object()
    return str(action.get("/S")) not in _LINK_ACTIONS or "/Next" in action
