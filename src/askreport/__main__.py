"""`python -m askreport` is the `askreport` command."""

from askreport.cli import main

if __name__ == "__main__":
    main()
