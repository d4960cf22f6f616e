"""The index of customers of all companies: filled by the worker, asked by searches. Never the truth about one."""
