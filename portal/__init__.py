"""The doors: command line, HTTP API, workspace, database, engine; and the papers of a plan, which need both halves.

cli        one module a command            api        the HTTP API
demo       the whole story on one machine  verifier   the page `verify.html` (TypeScript)
agreement  the plan's agreement as a PDF, from its terms, in both parties' languages
signing    who stands behind a party's address: the record that is sealed before a plan opens
dossier    what a party holds: terms, signatures, proofs of payments; and the completion paper
"""

__version__ = "0.1.0"
