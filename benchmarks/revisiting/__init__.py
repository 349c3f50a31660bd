"""The parts of the benchmark of visits that find nothing new: the papers, what is known of them, and how a visit is watched."""
