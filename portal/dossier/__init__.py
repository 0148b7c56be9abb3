"""What a party of a plan holds: one file with its terms, both signatures and proofs of every payment, and its check.

file      the file: read, bounded, and written
verdict   what a check says
words     its reasons and sentences, in three languages
check     the check, offline: terms, signatures, proofs, the account that follows; pure but for what is asked for
gather    the file made from a workspace and a node
completion  the PDF for people, once the plan is paid, that carries its dossier
ask       what nodes of the verifier's own add: is the contract the one that we know, did anything happen since
"""
