"""Reports: statistics of all pools as text, HTML, metrics and samples."""
