"""The configuration: a TOML file over a profile, its faults with their lines, and the rules made of it."""
