"""The life of a unique lead (唯一线索): marks, statuses, dispatch or hold, closing, clocks."""
