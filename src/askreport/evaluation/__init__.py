"""How good retrieval, answers, citations and refusals are, on questions whose answers are known.

questions   JSON Lines -> test questions
suggesting  reports -> candidate test questions
evidence    where a question's evidence stands in the reports, and which passages hold it
metrics     found ranks, answers and citations -> scores; scores -> means
intervals   scores -> 95 % bootstrap intervals
runs        an assistant asked every question -> a result that can be kept
comparison  two results -> what changed, and whether it is more than chance
thresholds  a result -> which metrics miss their bounds
coverage    reports, questions, answers -> which paragraphs anybody reached
benchmark   SQuAD-format files -> published retrieval metrics
published   a benchmark's result -> its place among published models (data/)
curves      a result -> the numbers of its pictures
svg         how a picture stands in a page
figures     a result -> its pictures
wording     what all this says to a reader, in each language
tables      any of these, for a terminal
html_report any of these, for a browser (templates/)
"""
