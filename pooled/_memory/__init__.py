"""Pools of memory: byte buffers whose memory returns when the last view of it is released."""
