"""What a court is handed: one zip with receipts, documents, report and instructions.

bundle_zip  the zip: written so that the same input gives the same bytes, read as something that an enemy made (pure)
zip_entries what a zip's list says is in it, where no two programs can disagree (pure)
layout      where each file lies in a bundle, its list and the list's digest (pure)
export      a case's bundle, from the workspace
records     the evidence records of a bundle, judged with its documents (pure)
examine     what a bundle says of itself, held against its own list and its report
"""
