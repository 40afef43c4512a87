"""One record at its customer: known or new, accepted, split by store, named a store, spoken for."""
