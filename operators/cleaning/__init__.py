"""Cleaning (智能清洗, 人工清洗): which leads are cleaned, by whom, when, and which stores are recommended."""
