"""Interpretations 政策解读: an item or a document in plain words, with questions, answers and a picture."""
