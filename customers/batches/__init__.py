"""Changes of many customers of one company: checked row by row, then sent by the worker, each as certain as one."""
