"""A wallet's ledger as a double-entry journal, in the form of beancount: for accountants, and checked by their tool.

`python -m examples.accounting credits` writes the journal of one of the five documented systems.
"""
