"""Feeds (线索接入): what each channel sends, and how it becomes raw leads in the shape of the contract."""
