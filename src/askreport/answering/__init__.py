"""From what was found to an answer with citations.

phrases -> citations, followup -> quoting, refusal, writing -> chain
"""
