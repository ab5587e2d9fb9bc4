"""How appeals come in that nobody typed into a page of ours: tables of other channels, letters, systems.

| module | what it does |
|---|---|
| `rules` | `data/channels.yaml`, read once |
| `tables` | a filled-in table → rows to hand in, every mistake with row and column; the table to fill in. Pure |
| `letters` | a letter (RFC 5322) → sender, subject, text, files; what no person wrote is told from it. Pure |
| `actions` | `import_appeals`, `receive_letter`, `register_appeal`, `add_by_number` |
| `selectors` | how far an appeal has come, for the system that handed it in |
"""
