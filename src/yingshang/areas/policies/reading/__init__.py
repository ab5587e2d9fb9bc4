"""Reading an official document: what its sentences say of conditions, amounts and days, proposed to a person.

Nothing here decides anything. What comes out are proposals with the sentence they come from, how sure the reader is
and by which rule; what is not understood stays visible as text.
"""
