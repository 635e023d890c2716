"""The science of the reproduction: arrays in, numbers out.

This file imports nothing on purpose: the workflow reruns a job when a module that the job imports
changes, so a package that pulled in all its modules here would make every edit rerun everything.
"""
