"""What is read from one page: pure steps, values in and values out; only `pipeline.reading` knows their order."""
