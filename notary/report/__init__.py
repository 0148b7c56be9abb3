"""The report for a court: what was sealed, when, what follows and what does not, as a PDF that carries its receipts.

inputs     what a report is made of: receipts, trust, and what the issuer states; embedded in the PDF as report.json
facts      everything that is printed, as values (pure): exhibits, heads, verdicts, timeline, annexes
words      every sentence, in each language
render     the values to PDF/A-3a and PDF/UA-1, by Typst; fonts finds what it is set in
embedded   the files out of a PDF that nobody trusts
checking   a report against its own receipts, by making it again
signing    a signature over a finished report (optional)
"""
