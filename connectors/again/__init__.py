"""Ways back (回流): records of an output stream are read, and go into an input again."""
