"""The story of a lead or a customer, as a document and as text."""
