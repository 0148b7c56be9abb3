"""The agreement of a plan: a PDF made from the terms, in the parties' languages, whose digest the signed terms carry.

values     what an agreement is made of: the terms without that digest; embedded in the PDF as agreement.json
figures    amounts, moments and worked examples, by settlement's own functions
facts      everything that is printed, as values of notary/report (pure)
words      every sentence, in each language
render     the values to PDF/A-3a by the report's adapter to Typst; digest and commitment
checking   an agreement against its own terms, by making it again, and against the plan that was signed
"""
