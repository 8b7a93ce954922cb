"""`python -m segeval_cli`: the command, for those who start Python modules, as torchrun does."""

from segeval_cli.main import main

main()
