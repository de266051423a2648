"""Candidate test questions made from the reports, for a person to accept or to reject.

drafts    a question made from one sentence
chinese   sentence -> drafts, by rule
english   sentence -> drafts, by rule
model     sentences -> drafts, by a chat model
choosing  drafts -> checked, spread over the reports -> test questions
"""

from askreport.evaluation.suggesting.choosing import suggest_questions, to_json_lines
from askreport.evaluation.suggesting.model import suggest_with_model

__all__ = ["suggest_questions", "suggest_with_model", "to_json_lines"]
