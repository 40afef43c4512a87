"""Fraud: number runs (后3位连号), seen among the numbers of one neighbourhood."""
