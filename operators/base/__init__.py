"""What every rule stands on: the rules in force, local time, the desk and what is written from it."""
