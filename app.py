"""Serve the page, as `askreport chat` does: settings -> assistant -> page -> launch."""

import sys

from askreport.cli import main

if __name__ == "__main__":
    main(["chat", *sys.argv[1:]])
