"""Our stages beside the same work done with plain libraries; see bench/results/README.md."""
