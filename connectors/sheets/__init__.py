"""Sheets in: xlsx, xls, csv and JSON lines become raw leads in the contract's shape, each row with its fate (导入).

formats    which format some bytes are, and what is refused before it is opened
workbook   xlsx and xls, unfolded by a process of its own (`unfold.py`)
texts      csv in any usual encoding and separator
json_rows  JSON lines, and an array of objects
headings   which column is which field: synonyms (`headings.toml`) or a mapping
cells      one cell: what it shows, whether it is blank, which time it names
leads      one row as a raw lead with a stable `source_lead_id`
judging    what the engine's own validation says to it
results    the result file beside the input
imports    all of it for one file
"""
