"""The words of the domain, below every other room: it imports nothing of ours, and whoever needs a rule or a word
finds it here once.
"""
