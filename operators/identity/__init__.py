"""Who it is: numbers in all their forms, and the OneID (客户 OneID)."""
