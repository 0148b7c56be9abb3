"""Who the parties of a plan are: for each a record of the person behind the address, sealed before the plan opens.

record    the format, its states, what is signed; pure
verdict   what a check says
words     that in three languages
check     the check, offline: receipt, signatures, and the plan and documents beside it; pure
agreed    the agreement as PDF that a person signed elsewhere (PAdES)
rows      which records a plan has, where they are sealed, and who declined
make      the use cases: make, sign, seal, take in, require before opening
"""
