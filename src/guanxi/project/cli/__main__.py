"""`python -m guanxi.project.cli`."""

from guanxi.project.cli import main

main()
