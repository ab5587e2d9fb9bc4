"""Who deals with an appeal: proposed from the responsibilities catalogue and from what was learned of closed ones.

`topics`, `catalogue`, `words`, `places`, `learned`, `proposals`, `figures` are pure; `proposing` and `actions` read and
write the database.
"""
