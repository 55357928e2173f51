"""Looks at what a run left, knowing nothing of the code that did it: only its published events and its tables.

It imports neither the services nor what they share, nor the load: plain pymongo, aiokafka and JSON.
"""
