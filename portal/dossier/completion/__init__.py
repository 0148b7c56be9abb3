"""The completion paper: a PDF for people that says, once a plan is paid, what was agreed and paid, and that it is done.

values    what a paper is made of: a dossier and the languages; both are embedded in the PDF
facts     everything that is printed, as values of notary/report (pure)
words     every sentence, in each language
render    the values to PDF/A-3a by the report's adapter to Typst
checking  a paper against the dossier that it carries, by making it again
"""
