"""`python -m segeval_cli`: the command as a module, as torchrun starts it."""

from segeval_cli.start import main

main()
