"""Other packages' interfaces, with segeval behind them."""
