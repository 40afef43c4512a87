"""Training a scorecard (评分卡) from outcomes, behind `leadstream train`: examples, fit, and what it is worth."""
