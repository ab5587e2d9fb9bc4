"""The verifier that needs nothing but Python: one file, to be handed out. See verify_receipt.py."""
