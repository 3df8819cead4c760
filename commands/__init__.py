"""The command line: one small file a command. Only this package sees both window and learners."""
