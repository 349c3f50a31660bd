"""What `benchmarks/reading.py` is made of: corpora with ground truth, their public metrics, and the readers that are compared."""
