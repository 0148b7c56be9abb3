"""The keeper: final events in, due actions out, each one durable workflow with a key of its own.

    follow     chain events  ->  plan and escrow rows, in one transaction with the cursor
    ladder     which notice belongs to which moment of a plan (data)
    actions    plans and the chain's time  ->  the set of what is due (pure)
    notices    one due notice  ->  subject, text and HTML in the reader's language (pure)
    channels   a written notice  ->  a mail server or a web hook, by Apprise
    workflows  one DBOS workflow for each action; one round; the loop

The book is correct when no keeper ever runs: `poke` and notices only tell what is already true.
"""
