"""How good retrieval, answers, citations and refusals are, on questions whose answers are known.

questions   JSON Lines -> test questions
evidence    where a question's evidence stands in the reports, and which passages hold it
metrics     found ranks, answers and citations -> scores; scores -> means
runs        an assistant asked every question -> a result that can be kept
comparison  two results -> what changed, and whether it is more than chance
benchmark   SQuAD-format files -> published retrieval metrics
tables      any of these, for a terminal
"""
