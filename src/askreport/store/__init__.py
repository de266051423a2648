"""What `index.py` is made of; nothing else imports these.

contents     what a generation holds: reports, places of passages and sentences, digests
generations  the pointer with its manifest, the folders, the build lock
vectors      Chroma: written once, read in a private copy
served       the same vectors in a Chroma server
building     one build, and its verification in a child process
"""
