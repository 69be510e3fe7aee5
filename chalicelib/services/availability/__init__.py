"""Reading free times, holding a slot, writing who takes one."""
