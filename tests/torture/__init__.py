"""What must hold when things go wrong, tried and counted: the rows of docs/reliability.md.

    rows       what a row is, and how its tries are counted
    store      R1 to R4, R10, R11    killed, out of space, damaged, crowded, exact, the same again
    crowds     R5 to R7, R9          many readers, too many, signals, ten thousand questions
    backends   R8                    chat and Chroma servers that fail
    starting   R12, R13              how fast, and without a network
    pages      S1, S2                hostile answers and reports in a real browser
    requests   S3, S4, S11           routes, malformed questions, secrets
    reports    S5                    malformed report files
    answers    S6 to S9              injections, fake citations, refusals, noise
    patterns   S10                   time of every pattern on adversarial text
    packages   S12                   floors and advisories

`pytest` runs every row with its small count, `python -m tests.torture` (make torture) with the whole
one, and writes docs/reliability.md.
"""
