"""Dispatch (派单): what a lead waits for, opening hours, the release at an opening."""
