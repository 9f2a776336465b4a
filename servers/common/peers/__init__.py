"""A small TLS 1.0 to 1.3 for peers that misbehave on order. README.md is the manual of their scripts."""
