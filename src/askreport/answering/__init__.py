"""From what was found to an answer with citations.

phrases -> citations, followup, names, alignment -> quoting, refusal, writing -> chain
"""
