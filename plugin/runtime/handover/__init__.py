"""Handing a person's work over to another 业务移交: what it is, asking for it, and the run.

A handover is a document of the form `handover` in the database `tracking`; whoever may take its
step `start` may hand over. The office carries it out in the name of who took that step.
"""
