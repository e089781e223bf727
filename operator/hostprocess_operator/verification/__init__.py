"""What a run says about its rights, and what that is worth: probe, parser, report, verdict, schedule.

Pure: values in, values out; no I/O, no clock, no logging. Every text that comes out of a log is hostile until
`clean_text` has seen it.
"""
