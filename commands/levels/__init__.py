"""The commands of `levels`, one small file each."""
