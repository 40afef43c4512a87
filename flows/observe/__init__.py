"""What a run shows of itself: metrics page, live view, logs, and the numbers behind them."""
