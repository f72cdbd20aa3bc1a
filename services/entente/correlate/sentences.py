"""The sentence a coordinator reads for each piece of evidence.

Made from the evidence record alone, so it can name nothing that the record does not hold.
"""

from entente.correlate.evidence import Evidence


def sentence(evidence: Evidence) -> str:
    """One sentence, checkable by someone who is no statistician."""
    return evidence.note or evidence.kind
