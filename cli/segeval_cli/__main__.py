"""`python -m segeval_cli`: the command as a module, as torchrun starts it."""

from segeval_cli.main import main

main()
